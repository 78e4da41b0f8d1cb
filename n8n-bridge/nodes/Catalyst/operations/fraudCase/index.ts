import type { Resource } from "../../operation";
import { decide } from "./decide";
import { list } from "./list";

export const fraudCase: Resource = { name: "Fraud Case", value: "fraudCase", operations: [list, decide] };

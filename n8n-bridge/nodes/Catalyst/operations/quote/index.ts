import type { Resource } from "../../operation";
import { create } from "./create";

export const quote: Resource = { name: "Quote", value: "quote", operations: [create] };

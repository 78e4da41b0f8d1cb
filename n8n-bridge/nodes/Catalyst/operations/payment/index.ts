import type { Resource } from "../../operation";
import { create } from "./create";
import { get } from "./get";

export const payment: Resource = { name: "Payment", value: "payment", operations: [create, get] };

import type { Resource } from "../../operation";
import { get } from "./get";
import { send } from "./send";

export const message: Resource = { name: "Message", value: "message", operations: [send, get] };

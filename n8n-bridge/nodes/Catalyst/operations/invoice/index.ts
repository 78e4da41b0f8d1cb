import type { Resource } from "../../operation";
import { get } from "./get";
import { pdf } from "./pdf";
import { resend } from "./resend";

export const invoice: Resource = { name: "Invoice", value: "invoice", operations: [get, pdf, resend] };

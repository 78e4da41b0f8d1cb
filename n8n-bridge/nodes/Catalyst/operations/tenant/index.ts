import type { Resource } from "../../operation";
import { balance } from "./balance";
import { get } from "./get";
import { list } from "./list";
import { onboard } from "./onboard";
import { reinstate } from "./reinstate";
import { suspend } from "./suspend";
import { topUp } from "./topUp";
import { transactions } from "./transactions";

export const tenant: Resource = {
  name: "Tenant",
  value: "tenant",
  operations: [onboard, get, list, suspend, reinstate, topUp, balance, transactions],
};

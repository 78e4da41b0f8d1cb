import type { Resource } from "../../operation";
import { create } from "./create";
import { diff } from "./diff";
import { get } from "./get";
import { setFormula } from "./setFormula";
import { testFormula } from "./testFormula";

export const rateCard: Resource = {
  name: "Rate Card",
  value: "rateCard",
  operations: [create, get, diff, testFormula, setFormula],
};

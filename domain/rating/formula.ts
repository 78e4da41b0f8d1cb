import { Decimal } from "decimal.js";
import type { FactoryFunctionMap, MathNode } from "mathjs";
import { type Money, parseMoney } from "#domain/money/money.ts";

/** 60 significant digits: more than 20 before and 18 after the point; exponents far beyond them show as such. */
const Exact = Decimal.clone({
  defaults: true,
  precision: 60,
  rounding: Decimal.ROUND_HALF_EVEN,
  toExpNeg: -1000,
  toExpPos: 1000,
});

/** A tariff's formula is a line, not a program: these bounds keep an evaluation below a millisecond. */
const LENGTH_MAX = 500;
const NODES_MAX = 100;
const DEPTH_MAX = 20;
const EXPONENT_MAX = 100;
/** As for any price on a card. */
const RESULT_MAX = new Exact(10).pow(12);

/** What a formula may speak of, besides `attr_<name>` for an event's attributes. */
export const FORMULA_VARIABLES = [
  "rate",
  "units",
  "volume",
  "base",
  "load",
  "request_size",
  "hour",
  "weekday",
  "tenure_months",
] as const;
export const FORMULA_FUNCTIONS = ["min", "max", "round", "floor", "ceil", "abs", "if"] as const;
const ATTRIBUTE = /^attr_[a-z][a-z0-9_]{0,39}$/;

export type FormulaResult =
  /** `exact` is false where digits beyond the 18th decimal were rounded away, half-even. */
  | { readonly ok: true; readonly amount: Money; readonly exact: boolean }
  | { readonly ok: false; readonly message: string };

/** Gives a variable's value as decimal text; null when the event does not have it. */
export type FormulaValues = (variable: string) => string | null;

export interface Formula {
  readonly text: string;
  /** Those that it names, each once. */
  readonly variables: readonly string[];
  /** Never throws; a division by zero, a missing attribute and a result that is no price are messages. */
  evaluate(values: FormulaValues): FormulaResult;
}

export type FormulaCompiled =
  | { readonly ok: true; readonly formula: Formula }
  | { readonly ok: false; readonly message: string };

type Parse = (text: string) => MathNode;

let parse: Parse | null = null;

/** Loads the parser, which takes half a second and 80 MB: only who meets a formula pays for it. Repeating it costs nothing. */
export async function loadFormulas(): Promise<void> {
  if (parse !== null) return;
  const { create, parseDependencies } = await import("mathjs");
  parse = create(parseDependencies as FactoryFunctionMap, { number: "BigNumber", precision: 60 })
    .parse as unknown as Parse;
}

/**
 * Whether a card's text may hold formulas, so that they must be loaded before it is read: also where it stands quoted in another JSON text, or
 * spells the key by escapes.
 */
export function mayHoldFormulas(cardText: string): boolean {
  return cardText.includes("formula") || cardText.includes("\\u");
}

/**
 * Reads a formula: numbers, variables, + - * / ^, comparisons, and or not, `a ? b : c` and the listed functions. Nothing
 * else that the expression language knows is let through: no assignment, no index, no object, no text, no function but the listed ones.
 * @throws Error unless loadFormulas() has resolved.
 */
export function compileFormula(text: string): FormulaCompiled {
  if (parse === null) throw new Error("loadFormulas() comes before compileFormula()");
  if (text.length > LENGTH_MAX) return refused(`is longer than ${LENGTH_MAX} characters`);
  let root: MathNode;
  try {
    root = parse(text);
  } catch (error) {
    return refused(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const compiler = new Compiler();
  try {
    const evaluate = compiler.number(root, 0);
    return { ok: true, formula: toFormula(text, [...compiler.variables], evaluate) };
  } catch (error) {
    if (error instanceof FormulaError) return refused(error.message);
    throw error;
  }
}

class FormulaError extends Error {
  override readonly name = "FormulaError";
}

function refused(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

type Values = ReadonlyMap<string, Decimal>;
type NumberOf = (values: Values) => Decimal;
type Truth = (values: Values) => boolean;

function toFormula(text: string, variables: readonly string[], evaluate: NumberOf): Formula {
  return Object.freeze({
    text,
    variables,
    evaluate(values: FormulaValues): FormulaResult {
      const known = new Map<string, Decimal>();
      for (const variable of variables) {
        const value = values(variable);
        if (value === null) return refused(`needs ${variable}, which the event does not have`);
        if (parseMoney(value) === null) return refused(`${variable} is no decimal: ${value.slice(0, 40)}`);
        known.set(variable, new Exact(value));
      }
      try {
        return toResult(evaluate(known));
      } catch (error) {
        if (error instanceof FormulaError) return refused(error.message);
        throw error;
      }
    },
  });
}

function toResult(value: Decimal): FormulaResult {
  if (!value.isFinite()) return refused("divides by zero");
  if (value.isNegative() && !value.isZero())
    return refused(`gives ${value.toString().slice(0, 40)}: a price is not negative`);
  if (value.greaterThan(RESULT_MAX)) return refused("gives more than 1000000000000");
  const rounded = value.toDecimalPlaces(18, Decimal.ROUND_HALF_EVEN);
  const amount = parseMoney(rounded.abs().toFixed());
  if (amount === null) return refused("gives no amount");
  return { ok: true, amount, exact: rounded.equals(value) };
}

/** What the parser makes, as far as it is looked at. */
interface Parsed {
  readonly type: string;
  readonly op?: string;
  readonly implicit?: boolean;
  readonly name?: string;
  readonly value?: unknown;
  readonly fn?: { readonly name?: string };
  readonly args?: readonly MathNode[];
  readonly content?: MathNode;
  readonly condition?: MathNode;
  readonly trueExpr?: MathNode;
  readonly falseExpr?: MathNode;
}

const ARITHMETIC: Readonly<Record<string, (left: Decimal, right: Decimal) => Decimal>> = {
  "+": (left, right) => left.plus(right),
  "-": (left, right) => left.minus(right),
  "*": (left, right) => left.times(right),
  "/": (left, right) => left.dividedBy(right),
  "^": power,
};

const COMPARISONS: Readonly<Record<string, (left: Decimal, right: Decimal) => boolean>> = {
  "<": (left, right) => left.lessThan(right),
  "<=": (left, right) => left.lessThanOrEqualTo(right),
  ">": (left, right) => left.greaterThan(right),
  ">=": (left, right) => left.greaterThanOrEqualTo(right),
  "==": (left, right) => left.equals(right),
  "!=": (left, right) => !left.equals(right),
};

const ROUNDINGS: Readonly<Record<string, Decimal.Rounding>> = {
  round: Decimal.ROUND_HALF_EVEN,
  floor: Decimal.ROUND_FLOOR,
  ceil: Decimal.ROUND_CEIL,
};

function power(base: Decimal, exponent: Decimal): Decimal {
  if (!exponent.isInteger() || exponent.abs().greaterThan(EXPONENT_MAX))
    throw new FormulaError(
      `raises to ${exponent.toString().slice(0, 40)}: exponents are whole numbers up to ${EXPONENT_MAX}`,
    );
  return base.pow(exponent);
}

/** Turns the parsed tree into closures; every node that is not known here is refused. */
class Compiler {
  readonly variables = new Set<string>();
  #nodes = 0;

  number(node: MathNode, depth: number): NumberOf {
    const parsed = this.#enter(node, depth);
    switch (parsed.type) {
      case "ConstantNode":
        return this.#constant(parsed);
      case "SymbolNode":
        return this.#variable(parsed.name ?? "");
      case "ParenthesisNode":
        return this.number(parsed.content as MathNode, depth + 1);
      case "ConditionalNode":
        return this.#choice([parsed.condition, parsed.trueExpr, parsed.falseExpr] as MathNode[], depth);
      case "OperatorNode":
        return this.#arithmetic(parsed, depth);
      case "FunctionNode":
        return this.#function(parsed, depth);
    }
    throw new FormulaError(`holds what formulas do not know (${parsed.type}): ${REMEDY}`);
  }

  truth(node: MathNode, depth: number): Truth {
    const parsed = this.#enter(node, depth);
    if (parsed.type === "ParenthesisNode") return this.truth(parsed.content as MathNode, depth + 1);
    const { op = "", args = [] } = parsed;
    const [first, second] = args;
    if (parsed.type === "OperatorNode" && first !== undefined) {
      if (op === "not") {
        const inner = this.truth(first, depth + 1);
        return (values) => !inner(values);
      }
      if (second !== undefined && (op === "and" || op === "or")) {
        const left = this.truth(first, depth + 1);
        const right = this.truth(second, depth + 1);
        return op === "and"
          ? (values) => left(values) && right(values)
          : (values) => left(values) || right(values);
      }
      const compare = Object.hasOwn(COMPARISONS, op) ? COMPARISONS[op] : undefined;
      if (second !== undefined && compare !== undefined) {
        const left = this.number(first, depth + 1);
        const right = this.number(second, depth + 1);
        return (values) => compare(left(values), right(values));
      }
    }
    throw new FormulaError(
      "asks for a condition where none stands: compare two numbers, as in volume >= 1000",
    );
  }

  #enter(node: MathNode, depth: number): Parsed {
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX) throw new FormulaError(`has more than ${NODES_MAX} parts`);
    if (depth > DEPTH_MAX) throw new FormulaError(`is nested deeper than ${DEPTH_MAX}`);
    return node;
  }

  #constant({ value }: Parsed): NumberOf {
    // Texts, true, null and the like are constants, too.
    const text = Exact.isDecimal(value) ? value.toString() : "";
    if (parseMoney(text) === null)
      throw new FormulaError(
        "holds a constant that is no decimal of at most 20 digits before and 18 after the point",
      );
    const constant = new Exact(text);
    return () => constant;
  }

  #variable(name: string): NumberOf {
    if (!(FORMULA_VARIABLES as readonly string[]).includes(name) && !ATTRIBUTE.test(name))
      throw new FormulaError(`knows no ${name.slice(0, 40)}: ${REMEDY}`);
    this.variables.add(name);
    return (values) => values.get(name) as Decimal;
  }

  #choice([condition, yes, no]: readonly MathNode[], depth: number): NumberOf {
    const test = this.truth(condition as MathNode, depth + 1);
    const then = this.number(yes as MathNode, depth + 1);
    const otherwise = this.number(no as MathNode, depth + 1);
    return (values) => (test(values) ? then(values) : otherwise(values));
  }

  #arithmetic({ op = "", args = [], implicit = false }: Parsed, depth: number): NumberOf {
    const [first, second] = args;
    if (first !== undefined && second === undefined && (op === "-" || op === "+")) {
      const inner = this.number(first, depth + 1);
      return op === "-" ? (values) => inner(values).negated() : inner;
    }
    const operate = Object.hasOwn(ARITHMETIC, op) ? ARITHMETIC[op] : undefined;
    if (operate === undefined || first === undefined || second === undefined)
      throw new FormulaError(`asks for a number where ${op.slice(0, 10)} gives none: ${REMEDY}`);
    if (implicit) throw new FormulaError("multiplies without *: write it");
    const left = this.number(first, depth + 1);
    const right = this.number(second, depth + 1);
    return (values) => operate(left(values), right(values));
  }

  #function({ fn, args = [] }: Parsed, depth: number): NumberOf {
    const name = fn?.name ?? "";
    if (!(FORMULA_FUNCTIONS as readonly string[]).includes(name))
      throw new FormulaError(`knows no function ${name.slice(0, 40)}: ${REMEDY}`);
    if (name === "if") {
      if (args.length !== 3) throw new FormulaError("if takes a condition and two numbers");
      return this.#choice(args, depth);
    }
    const numbers = args.map((argument) => this.number(argument, depth + 1));
    if (name === "min" || name === "max") return extreme(name, numbers);
    const [value, places] = numbers;
    if (value === undefined || numbers.length > (name === "abs" ? 1 : 2))
      throw new FormulaError(
        `${name} takes a number${name === "abs" ? "" : " and, if you like, how many decimals to keep"}`,
      );
    if (name === "abs") return (values) => value(values).abs();
    const mode = ROUNDINGS[name] as Decimal.Rounding;
    return (values) => value(values).toDecimalPlaces(decimalPlaces(places?.(values)), mode);
  }
}

function extreme(name: "min" | "max", numbers: readonly NumberOf[]): NumberOf {
  if (numbers.length === 0) throw new FormulaError(`${name} takes at least one number`);
  return (values) => Exact[name](...numbers.map((number) => number(values)));
}

function decimalPlaces(places: Decimal | undefined): number {
  if (places === undefined) return 0;
  if (!places.isInteger() || places.isNegative() || places.greaterThan(18))
    throw new FormulaError("rounds to 0 to 18 decimals");
  return places.toNumber();
}

const REMEDY = `use numbers, + - * / ^, comparisons, and or not, ?:, the functions ${FORMULA_FUNCTIONS.join(", ")}, the variables ${FORMULA_VARIABLES.join(", ")}, and attr_<name>`;

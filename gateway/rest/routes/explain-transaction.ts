import { z } from "zod";
import { formatMoney } from "#domain/money/money.ts";
import { describeCharge, traceAmounts } from "#domain/rating/describe-charge.ts";
import { type RatingTrace, ratingTrace } from "#domain/rating/rating-trace.ts";
import { actorOf } from "../authenticate.ts";
import type { AddRoute } from "../context.ts";
import type { TransactionView } from "../dependencies.ts";
import { ProblemError, problemResponses } from "../problems.ts";
import { ANY_KEY, UUID_EXAMPLE } from "../schemas.ts";
import { scopeOf } from "../tenant-access.ts";
import { chargeSteps, toChargeSteps, TRANSACTION_EXAMPLE, transactionParams } from "../transaction-body.ts";

const explanation = z
  .object({
    transaction_id: z.string(),
    explanation: z.array(z.string()).describe("The price in words, step by step"),
    charged: chargeSteps.nullable().describe("As the ledger has it; null for what is no usage"),
    replayed: chargeSteps.nullable().describe("Computed again from the trace, at this moment"),
    agrees: z
      .boolean()
      .nullable()
      .describe("Whether both are equal to the last digit; null where nothing can be replayed"),
    trace: z.unknown().describe("What the price was computed from; reason and actor of other entries"),
  })
  .meta({
    id: "Explanation",
    examples: [
      {
        transaction_id: `${UUID_EXAMPLE}.3`,
        explanation: TRANSACTION_EXAMPLE.explanation,
        charged: TRANSACTION_EXAMPLE.charge,
        replayed: TRANSACTION_EXAMPLE.charge,
        agrees: true,
        trace: TRANSACTION_EXAMPLE.trace,
      },
    ],
  });

/** GET /api/v2/transactions/:id/explain: how the price came about, in words, and computed again. */
export const explainTransaction: AddRoute = (gateway, { dependencies }) => {
  gateway.route({
    method: "GET",
    url: "/api/v2/transactions/:id/explain",
    config: { operation: "transactions.explain" },
    schema: {
      operationId: "explainTransaction",
      summary: "Explain a transaction's price",
      description:
        "Every step of the price in words, and its amounts computed again from the trace that was stored with the charge.",
      tags: ["billing"],
      security: ANY_KEY,
      params: transactionParams,
      response: { 200: explanation, ...problemResponses(400, 404) },
    },
    handler: async (request) => {
      const transaction = await dependencies.ledger.byId(scopeOf(actorOf(request)), request.params.id);
      if (transaction === null)
        throw new ProblemError("not_found", `There is no transaction ${request.params.id}.`);
      return explain(transaction);
    },
  });
};

function explain(transaction: TransactionView): z.infer<typeof explanation> {
  const read = transaction.charge === null ? null : ratingTrace.safeParse(transaction.trace);
  const common = { transaction_id: transaction.transactionId, trace: transaction.trace };
  if (transaction.charge === null || read?.success !== true) {
    const charged = transaction.charge === null ? null : toChargeSteps(transaction.charge);
    return { ...common, explanation: inWords(transaction), charged, replayed: null, agrees: null };
  }
  const charged = toChargeSteps(transaction.charge);
  const replayed = replay(read.data);
  return {
    ...common,
    explanation: describeCharge(read.data, transaction.currency),
    charged,
    replayed,
    agrees: Object.entries(charged).every(
      ([step, amount]) => replayed[step as keyof typeof replayed] === amount,
    ),
  };
}

function replay(trace: RatingTrace): z.infer<typeof chargeSteps> {
  const amounts = traceAmounts(trace);
  return amounts === null ? NOTHING : toChargeSteps(amounts);
}

const NOTHING = { base_amount: "0", discount: "0", subtotal: "0", tax: "0", total: "0" };

/** Of an entry that no card priced: what it was, why, and by whom. */
function inWords({ entryType, amount, currency, trace }: TransactionView): string[] {
  const { reason, actor } = entryTrace.safeParse(trace).data ?? {};
  const what = entryType.replaceAll("_", " ");
  return [
    `${what[0]?.toUpperCase()}${what.slice(1)} of ${formatMoney(amount)} ${currency}`,
    ...(reason === undefined ? [] : [`Reason: ${reason}`]),
    ...(actor === undefined ? [] : [`By: ${actor}`]),
  ];
}

const entryTrace = z.object({ reason: z.string().optional(), actor: z.string().optional() });

import { CancellationScope, condition, defineSignal, isCancellation, setHandler } from "@temporalio/workflow";
import { TENANT_ID } from "#domain/flows/search-attributes.ts";
import { MAIL_LEFT_ALONE, MONEY, stepsOf, toldStory } from "#workflows/steps.ts";
import { DISPUTE_NEWS } from "./names.ts";
import type {
  DisputeTold,
  PaymentDisputeActivities,
  PaymentDisputeInput,
  PaymentDisputeOutput,
} from "./api.ts";

const DAY_MS = 86_400_000;
/** Banks give seven to twenty-one days to answer. */
const REMINDED_AFTER_DAYS = [5, 5];
/** Card schemes end a dispute within four months; what is told later begins anew, and the books know what was moved. */
const OPEN_DAYS_MAX = 180;

const activities = stepsOf<PaymentDisputeActivities>();

/** Opened: taken from the wallet, finance is told and reminded; won: given again; lost: it stays. In whatever order it is told. */
export async function paymentDispute(input: PaymentDisputeInput): Promise<PaymentDisputeOutput> {
  const waiting: DisputeTold[] = [];
  const { tenantId, paymentId } = input;
  const story = toldStory<"open" | "won" | "lost">(`${tenantId}: ${paymentId} is disputed`);
  story.show([{ key: TENANT_ID, value: tenantId }]);
  setHandler(defineSignal<[DisputeTold]>(DISPUTE_NEWS), (news) => void waiting.push(news), {
    description: "What the provider told",
  });

  const mail = async (news: DisputeTold, reminder: number): Promise<void> => {
    story.begin("open", reminder === 0 ? `finance told: ${news.news}` : "finance reminded");
    try {
      const outcome = await activities(MAIL_LEFT_ALONE, "mail finance").mailDispute({
        ...input,
        ...news,
        reminder,
      });
      story.end(outcome.kind === "accepted" ? "done" : "failed");
    } catch (error) {
      story.end("failed", "mail given up after a day");
      if (isCancellation(error)) throw error;
    }
  };

  let last: DisputeTold | null = null;
  for (let reminder = 0; ;) {
    const days = REMINDED_AFTER_DAYS[reminder] ?? OPEN_DAYS_MAX;
    const told = await condition(() => waiting.length > 0, days * DAY_MS);
    const news = waiting.shift();
    if (news === undefined) {
      if (told || reminder >= REMINDED_AFTER_DAYS.length || last === null) {
        story.finish("open", "No end was told of.");
        return { result: "open" };
      }
      reminder += 1;
      await mail(last, reminder);
      continue;
    }
    story.begin("open", `told: ${news.news}`);
    const { moved } = await CancellationScope.nonCancellable(() =>
      activities(MONEY, `book: ${news.news}`).bookDispute({ ...input, ...news }),
    );
    story.end("done", moved ? `${news.news}: wallet moved` : `${news.news}: nothing to move`);
    const isRepeated = last?.news === news.news;
    if (news.news !== "dispute_opened" || (moved && !isRepeated)) await mail(news, 0);
    last = news;
    if (news.news === "dispute_opened") continue;
    const result = news.news === "dispute_won" ? "won" : "lost";
    story.finish(result, result === "won" ? "Won: the wallet has it again." : "Lost: it stays taken.");
    return { result };
  }
}

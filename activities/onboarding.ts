import { ApplicationFailure } from "@temporalio/common";
import { Rejected } from "#domain/errors.ts";
import type { FlowSchedules } from "#domain/flows/schedules.ts";
import { invoicingSchedule, invoicingScheduleId } from "#domain/invoicing/schedule.ts";
import type { Mailer } from "#domain/mail/ports.ts";
import type { PaymentProvider, PaymentProviderName } from "#domain/payments/ports.ts";
import { parseTaxId } from "#domain/tax/tax-id.ts";
import type { ControlAnnouncements, NewTenant, TenantStore } from "#domain/tenants/tenant-store.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";
import {
  FINAL_FAILURES,
  type OnboardingActivities,
  type OnboardingInput,
  type OnboardingProblem,
} from "#workflows/tenant-onboarding/api.ts";
import { kycMail, type Office } from "./mails/kyc.ts";
import { welcomeMail, type Doors } from "./mails/welcome.ts";
import { problemsOf } from "./onboarding-rules.ts";

export interface OnboardingDependencies {
  readonly tenants: Pick<TenantStore, "create" | "get" | "change" | "undoOnboarding">;
  readonly announcements: ControlAnnouncements;
  /** Currency of a card's latest version, null when there is no such card. */
  readonly rateCardCurrency: (rateCardId: string) => Promise<string | null>;
  readonly mailer: Mailer;
  readonly doors: Doors;
  /** Where the operator is asked, and where it answers. */
  readonly office: Office;
  readonly schedules: Pick<FlowSchedules, "put" | "delete">;
  /** Null where the provider is not configured. */
  readonly provider: (name: PaymentProviderName) => Pick<PaymentProvider, "createCustomer"> | null;
  /** The signing secret of an onboarding's webhook: the same for the same wallet, and in no history. */
  readonly webhookSecret: (walletId: string) => string;
}

/** What these throw is Unavailable (tried again) or a final failure of the flow's own types; each may run repeatedly. */
export function createOnboardingActivities(dependencies: OnboardingDependencies): OnboardingActivities {
  const { tenants, announcements, mailer, doors } = dependencies;
  return {
    validateOnboarding: (input) => validate(dependencies, input),

    async createTenant(input) {
      const outcome = await tenants.create(toNewTenant(input, dependencies.webhookSecret));
      if (outcome.kind === "conflict") {
        throw finalFailure("conflict", [{ field: INPUT_FIELDS[outcome.taken], reason: "is taken" }]);
      }
    },

    async attachRateCard({ tenantId, rateCardId, actor }) {
      const outcome = await tenants.change(tenantId, { rateCardId }, { actor });
      if (outcome.kind === "unknown" || outcome.configuration.status === "closed") throw goneMeanwhile();
    },

    async detachRateCard({ tenantId, walletId, actor }) {
      if (!isOurs(await tenants.get(tenantId), walletId, "onboarding")) return;
      await tenants.change(tenantId, { rateCardId: null }, { actor });
    },

    async activateTenant({ tenantId, walletId, actor }) {
      const current = await tenants.get(tenantId);
      if (!isOurs(current, walletId) || current.status === "closed") throw goneMeanwhile();
      // An attempt that was not heard of may have opened it already, and an administrator suspended it since.
      const revision =
        current.status === "onboarding" ? await activate(dependencies, current, actor) : current.revision;
      await announcements.flush();
      return { revision };
    },

    mailKyc: (step) => mailer.send(kycMail(step, dependencies.office)),

    async registerCustomer({ tenantId, walletId, provider: name, actor }) {
      const current = await tenants.get(tenantId);
      if (!isOurs(current, walletId, "onboarding")) throw goneMeanwhile();
      const customerId = await customerOf(dependencies, current, name);
      const payment = { provider: name, customerId, paymentMethodId: null, autoRecharge: null };
      await tenants.change(tenantId, { payment }, { actor });
      return { customerId };
    },

    async forgetCustomer({ tenantId, walletId, actor }) {
      const current = await tenants.get(tenantId);
      if (!isOurs(current, walletId, "onboarding") || !current.payment) return;
      await tenants.change(tenantId, { payment: { ...current.payment, customerId: null } }, { actor });
    },

    async scheduleInvoices({ tenantId, walletId }) {
      const current = await tenants.get(tenantId);
      if (!isOurs(current, walletId) || current.status === "closed") throw goneMeanwhile();
      await dependencies.schedules.put(invoicingSchedule(current));
    },

    async unscheduleInvoices({ tenantId, walletId }) {
      if (!isOurs(await tenants.get(tenantId), walletId, "onboarding")) return;
      await dependencies.schedules.delete(invoicingScheduleId(tenantId));
    },

    sendWelcomeMail: (step) => mailer.send(welcomeMail(step, doors)),

    closeTenant: ({ tenantId, walletId, actor }) => tenants.undoOnboarding(tenantId, walletId, actor),
  };
}

const INPUT_FIELDS = {
  tenantId: "tenantId",
  walletId: "wallet.walletId",
  apiKey: "apiKey",
  systemId: "smppAccount.systemId",
  taxId: "taxId",
  name: "name",
} as const;

/** @throws a final failure where the provider will never have it. */
async function customerOf(
  { provider }: OnboardingDependencies,
  { tenantId, name, email, wallets }: TenantConfiguration,
  providerName: PaymentProviderName,
): Promise<string> {
  const chosen = provider(providerName);
  if (chosen === null) throw notConfigured(providerName);
  try {
    const idempotencyKey = `customer-${wallets[0]?.walletId ?? tenantId}`;
    return (await chosen.createCustomer({ tenantId, name, email, idempotencyKey })).customerId;
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    const reason = `was refused by ${providerName} (${error.code})`;
    throw finalFailure("refusedByProvider", [{ field: "paymentProvider", reason }]);
  }
}

function notConfigured(providerName: PaymentProviderName): ApplicationFailure {
  return finalFailure("validation", [
    { field: "paymentProvider", reason: `${providerName} is not configured` },
  ]);
}

async function validate(
  { tenants, rateCardCurrency, provider }: OnboardingDependencies,
  input: OnboardingInput,
): Promise<void> {
  const problems = problemsOf(input);
  if (problems.length > 0) throw finalFailure("validation", problems);
  if (input.paymentProvider && provider(input.paymentProvider) === null)
    throw notConfigured(input.paymentProvider);
  if (input.rateCardId !== null) {
    const currency = await rateCardCurrency(input.rateCardId);
    const reason =
      currency === null ? "is no rate card" : `is in ${currency}, the wallet in ${input.wallet.currency}`;
    if (currency !== input.wallet.currency)
      throw finalFailure("validation", [{ field: "rateCardId", reason }]);
  }
  const existing = await tenants.get(input.tenantId);
  // One that is closed may be an onboarding that was undone; creating it tells which.
  if (existing === null || existing.status === "closed" || isOurs(existing, input.wallet.walletId)) return;
  throw finalFailure("conflict", [{ field: "tenantId", reason: "is taken" }]);
}

function isOurs(
  tenant: TenantConfiguration | null,
  walletId: string,
  status?: TenantConfiguration["status"],
): tenant is TenantConfiguration {
  return tenant?.wallets[0]?.walletId === walletId && (status === undefined || tenant.status === status);
}

async function activate(
  { tenants }: OnboardingDependencies,
  current: TenantConfiguration,
  actor: string,
): Promise<number> {
  const by = { actor, expectedRevision: current.revision };
  const outcome = await tenants.change(current.tenantId, { status: "active" }, by);
  if (outcome.kind === "unknown") throw goneMeanwhile();
  // Whoever changed it in between may have closed it: the next attempt looks again.
  if (outcome.kind === "stale")
    throw ApplicationFailure.retryable("the tenant has just been changed", "Stale");
  return outcome.configuration.revision;
}

function toNewTenant(input: OnboardingInput, webhookSecret: (walletId: string) => string): NewTenant {
  const { tenantId, name, email, timezone, country, taxRate, wallet, trustedHints, firewall } = input;
  const { taxId, webhookUrl, billingAddress } = input;
  return {
    configuration: {
      v: 1,
      tenantId,
      revision: 1,
      name,
      email,
      status: "onboarding",
      timezone,
      country,
      taxRate,
      rateCardId: null,
      wallets: [wallet],
      trustedHints,
      webhook: webhookUrl ? { url: webhookUrl, secret: webhookSecret(wallet.walletId) } : null,
      firewall,
      ...(taxId ? { taxId: parseTaxId(taxId, country) ?? taxId } : {}),
      ...(billingAddress === undefined ? {} : { billingAddress }),
    },
    refuseDuplicates: input.allowDuplicate !== true,
    apiKey: input.apiKey,
    smppAccount: input.smppAccount,
    actor: input.actor,
  };
}

function finalFailure(
  kind: keyof typeof FINAL_FAILURES,
  problems: readonly OnboardingProblem[],
): ApplicationFailure {
  const message = problems.map(({ field, reason }) => `${field} ${reason}`).join("; ");
  return ApplicationFailure.create({
    message,
    type: FINAL_FAILURES[kind],
    nonRetryable: true,
    details: [problems],
  });
}

function goneMeanwhile(): ApplicationFailure {
  return finalFailure("conflict", [{ field: "tenantId", reason: "was closed meanwhile" }]);
}

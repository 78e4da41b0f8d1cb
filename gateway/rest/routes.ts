import type { AddRoute } from "./context.ts";
import { closeRechargeBreaker } from "./routes/close-recharge-breaker.ts";
import { createAdjustment } from "./routes/create-adjustment.ts";
import { createAdminKey } from "./routes/create-admin-key.ts";
import { createApiKey } from "./routes/create-api-key.ts";
import { createCreditNote } from "./routes/create-credit-note.ts";
import { createInvoices } from "./routes/create-invoices.ts";
import { getInvoice } from "./routes/get-invoice.ts";
import { getInvoiceHtml } from "./routes/get-invoice-html.ts";
import { getInvoicePdf } from "./routes/get-invoice-pdf.ts";
import { getInvoiceUbl } from "./routes/get-invoice-ubl.ts";
import { getIssuer } from "./routes/get-issuer.ts";
import { listInvoices } from "./routes/list-invoices.ts";
import { resendInvoice } from "./routes/resend-invoice.ts";
import { setIssuer } from "./routes/set-issuer.ts";
import { addCasePage } from "./routes/case-page.ts";
import { createFraudAlert } from "./routes/create-fraud-alert.ts";
import { createFxRate } from "./routes/create-fx-rate.ts";
import { createLoadSignal } from "./routes/create-load-signal.ts";
import { createMessages } from "./routes/create-messages.ts";
import { createQuote } from "./routes/create-quote.ts";
import { createRateCard } from "./routes/create-rate-card.ts";
import { createRateSheet } from "./routes/create-rate-sheet.ts";
import { createReRating } from "./routes/create-re-rating.ts";
import { createRefund } from "./routes/create-refund.ts";
import { createSupplierSheet } from "./routes/create-supplier-sheet.ts";
import { createTenant } from "./routes/create-tenant.ts";
import { createTopUp } from "./routes/create-top-up.ts";
import { createUsageEvent } from "./routes/create-usage-event.ts";
import { createWallet } from "./routes/create-wallet.ts";
import { decideFraudCase } from "./routes/decide-fraud-case.ts";
import { decideReRating } from "./routes/decide-re-rating.ts";
import { deleteFrozenDestinations } from "./routes/delete-frozen-destinations.ts";
import { explainTransaction } from "./routes/explain-transaction.ts";
import { getBalance } from "./routes/get-balance.ts";
import { getFraudCase } from "./routes/get-fraud-case.ts";
import { getHealth } from "./routes/get-health.ts";
import { getMarginReport } from "./routes/get-margin-report.ts";
import { getMessage } from "./routes/get-message.ts";
import { getMetrics } from "./routes/get-metrics.ts";
import { getRateCardDiff } from "./routes/get-rate-card-diff.ts";
import { getRateCard } from "./routes/get-rate-card.ts";
import { getRateSheet } from "./routes/get-rate-sheet.ts";
import { getReRating } from "./routes/get-re-rating.ts";
import { getRechargeBreaker } from "./routes/get-recharge-breaker.ts";
import { getReady } from "./routes/get-ready.ts";
import { getSupplierSheet } from "./routes/get-supplier-sheet.ts";
import { getTenant } from "./routes/get-tenant.ts";
import { getTransaction } from "./routes/get-transaction.ts";
import { listAdminKeys } from "./routes/list-admin-keys.ts";
import { listApiKeys } from "./routes/list-api-keys.ts";
import { listFraudCases } from "./routes/list-fraud-cases.ts";
import { listFrozenDestinations } from "./routes/list-frozen-destinations.ts";
import { listFxRates } from "./routes/list-fx-rates.ts";
import { listLoadSignals } from "./routes/list-load-signals.ts";
import { listMessages } from "./routes/list-messages.ts";
import { listRateCards } from "./routes/list-rate-cards.ts";
import { listReRatingLines } from "./routes/list-re-rating-lines.ts";
import { listReRatings } from "./routes/list-re-ratings.ts";
import { listTenants } from "./routes/list-tenants.ts";
import { listTransactions } from "./routes/list-transactions.ts";
import { revokeAdminKey } from "./routes/revoke-admin-key.ts";
import { revokeApiKey } from "./routes/revoke-api-key.ts";
import { setFormula } from "./routes/set-formula.ts";
import { testFormula } from "./routes/test-formula.ts";
import { updateTenant } from "./routes/update-tenant.ts";
import { cancelRun } from "./routes/cancel-run.ts";
import { getRun } from "./routes/get-run.ts";
import { getRunHistory } from "./routes/get-run-history.ts";
import { getRunResult } from "./routes/get-run-result.ts";
import { listRuns } from "./routes/list-runs.ts";
import { listWorkflows } from "./routes/list-workflows.ts";
import { queryRun } from "./routes/query-run.ts";
import { resetRun } from "./routes/reset-run.ts";
import { signalRun } from "./routes/signal-run.ts";
import { startWorkflow } from "./routes/start-workflow.ts";
import { terminateRun } from "./routes/terminate-run.ts";
import { updateRun } from "./routes/update-run.ts";
import { payerReturned } from "../webhooks/payer-returned.ts";
import { receivePaypalWebhook } from "../webhooks/paypal.ts";
import { receiveStripeWebhook } from "../webhooks/stripe.ts";
import { backfillSchedule } from "./routes/backfill-schedule.ts";
import { createSchedule } from "./routes/create-schedule.ts";
import { deleteSchedule } from "./routes/delete-schedule.ts";
import { getSchedule } from "./routes/get-schedule.ts";
import { listSchedules } from "./routes/list-schedules.ts";
import { pauseSchedule } from "./routes/pause-schedule.ts";
import { resumeSchedule } from "./routes/resume-schedule.ts";
import { triggerSchedule } from "./routes/trigger-schedule.ts";
import { createWebhookEndpoint } from "./routes/create-webhook-endpoint.ts";
import { deleteWebhookEndpoint } from "./routes/delete-webhook-endpoint.ts";
import { getWebhookEndpoint } from "./routes/get-webhook-endpoint.ts";
import { listWebhookEndpoints } from "./routes/list-webhook-endpoints.ts";
import { closeSettlementCase } from "./routes/close-settlement-case.ts";
import { createSettlement } from "./routes/create-settlement.ts";
import { createSupplierInvoice } from "./routes/create-supplier-invoice.ts";
import { getSettlementKey } from "./routes/get-settlement-key.ts";
import { getSettlementReport } from "./routes/get-settlement-report.ts";
import { getSettlement } from "./routes/get-settlement.ts";
import { listPartnerStatements } from "./routes/list-partner-statements.ts";
import { listSettlementCases } from "./routes/list-settlement-cases.ts";
import { listSettlements } from "./routes/list-settlements.ts";
import { payPartnerStatement } from "./routes/pay-partner-statement.ts";
import { cancelPayment } from "./routes/cancel-payment.ts";
import { createPayment } from "./routes/create-payment.ts";
import { createPaymentRefund } from "./routes/create-payment-refund.ts";
import { getPayment } from "./routes/get-payment.ts";
import { listPayments } from "./routes/list-payments.ts";
import { recordBankTransfer } from "./routes/record-bank-transfer.ts";
import { answerStep } from "../n8n/answer-step.ts";
import { payNowRoute, payPageRoute } from "../pay/routes.ts";

/** Every route of the REST door; one file each. */
export const ROUTES: readonly AddRoute[] = [
  addCasePage,
  closeRechargeBreaker,
  createAdjustment,
  createAdminKey,
  createApiKey,
  createFraudAlert,
  createFxRate,
  createLoadSignal,
  createMessages,
  createQuote,
  createRateCard,
  createRateSheet,
  createReRating,
  createRefund,
  createSupplierSheet,
  createTenant,
  createTopUp,
  createUsageEvent,
  createWallet,
  decideFraudCase,
  decideReRating,
  deleteFrozenDestinations,
  explainTransaction,
  getBalance,
  getFraudCase,
  getHealth,
  getMarginReport,
  getMessage,
  getMetrics,
  getRateCard,
  getRateCardDiff,
  getRateSheet,
  getReRating,
  getReady,
  getRechargeBreaker,
  getSupplierSheet,
  getTenant,
  getTransaction,
  listAdminKeys,
  listApiKeys,
  listFraudCases,
  listFrozenDestinations,
  listFxRates,
  listLoadSignals,
  listMessages,
  listRateCards,
  listReRatingLines,
  listReRatings,
  listTenants,
  listTransactions,
  revokeAdminKey,
  revokeApiKey,
  setFormula,
  testFormula,
  updateTenant,
  createCreditNote,
  createInvoices,
  getInvoice,
  getInvoiceHtml,
  getInvoicePdf,
  getInvoiceUbl,
  getIssuer,
  listInvoices,
  resendInvoice,
  setIssuer,
  cancelRun,
  getRun,
  getRunHistory,
  getRunResult,
  listRuns,
  listWorkflows,
  queryRun,
  resetRun,
  signalRun,
  startWorkflow,
  terminateRun,
  updateRun,
  receiveStripeWebhook,
  receivePaypalWebhook,
  payerReturned,
  cancelPayment,
  createPayment,
  createPaymentRefund,
  getPayment,
  listPayments,
  recordBankTransfer,
  payPageRoute,
  payNowRoute,
  answerStep,
  backfillSchedule,
  createSchedule,
  deleteSchedule,
  getSchedule,
  listSchedules,
  pauseSchedule,
  resumeSchedule,
  triggerSchedule,
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  getWebhookEndpoint,
  listWebhookEndpoints,
  closeSettlementCase,
  createSettlement,
  createSupplierInvoice,
  getSettlementKey,
  getSettlementReport,
  getSettlement,
  listPartnerStatements,
  listSettlementCases,
  listSettlements,
  payPartnerStatement,
];

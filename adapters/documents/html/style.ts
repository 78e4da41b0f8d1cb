import type { InvoiceContent } from "../content/invoice-content.ts";

/** The page's style sheet; its colour is checked to be one, so nothing else gets in. */
export function styleOf({ colour, paper }: InvoiceContent): string {
  return `
@page{size:${paper === "letter" ? "letter" : "A4"};margin:16mm}
*{box-sizing:border-box}
body{margin:0;background:#f2f4f7;color:#1c2430;font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:800px;margin:24px auto 0;padding:40px;background:#fff;border-radius:8px 8px 0 0;overflow-wrap:anywhere}
footer{max-width:800px;margin:0 auto 24px;padding:12px 40px;background:#fff;border-top:1px solid #d9dee4;border-radius:0 0 8px 8px;color:#5c6773;font-size:11px;overflow-wrap:anywhere}
footer p{margin:0}
header{display:flex;justify-content:space-between;align-items:center;gap:24px;border-bottom:2px solid ${colour};padding-bottom:12px}
.name{font-size:24px;font-weight:700;color:${colour}}
.logo{display:block;height:56px;max-width:320px;object-fit:contain;object-position:left}
h1{margin:0;font-size:30px;font-weight:300;color:${colour}}
small,.quiet{color:#5c6773}
small{font-size:11px}
.parties{display:flex;flex-wrap:wrap;justify-content:space-between;gap:24px;margin:20px 0}
.parties>div{flex:1 1 180px}
table{border-collapse:collapse}
.facts th{padding:1px 0;padding-inline-end:16px;color:#5c6773;font-weight:400;text-align:start;vertical-align:top}
.facts td{padding:1px 0;text-align:end;vertical-align:top}
.highlight{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:16px;margin:20px 0;padding:16px 20px;background:${colour}12;border-radius:8px}
.amount{font-size:24px;font-weight:600;color:${colour};margin-inline-end:12px}
.pay{padding:10px 20px;background:${colour};color:#fff;border-radius:6px;font-weight:600;text-decoration:none}
a{color:${colour}}
.lines{width:100%;margin:16px 0}
.lines th,.lines td{padding:6px 8px;border-bottom:1px solid #d9dee4;text-align:right;vertical-align:top;white-space:nowrap}
.lines th{border-bottom:2px solid ${colour};color:${colour};font-size:12px}
.lines .words{text-align:start;white-space:normal}
.lines td.words{min-width:120px}
.late{padding:0 5px;border:1px solid #9a5b00;border-radius:4px;color:#9a5b00;font-size:11px;white-space:nowrap}
.totals{display:flex;flex-wrap:wrap;justify-content:space-between;gap:24px;margin:16px 0;break-inside:avoid}
.totals>table{flex:0 1 320px;align-self:flex-start}
.totals>table th{padding:5px 12px;font-weight:400;text-align:start}
.totals>table td{padding:5px 12px;text-align:right;white-space:nowrap}
.totals .sum th,.totals .sum td{border-top:2px solid ${colour};font-weight:600}
.totals .due th,.totals .due td{background:${colour};color:#fff;font-size:16px;font-weight:600}
.payment{display:flex;flex:1 1 280px;flex-wrap:wrap;gap:16px;align-content:flex-start}
.payment>div:last-child{flex:1 1 160px}
.payment p{margin:6px 0}
.fiscal{display:flex;gap:16px;align-items:center;break-inside:avoid}
.code{width:96px;text-align:center}
.code svg{display:block;width:96px;height:96px}
tr{break-inside:avoid}
thead{display:table-header-group}
@media print{body{background:#fff;font-size:11px;print-color-adjust:exact;-webkit-print-color-adjust:exact}main,footer{margin:0;padding-inline:0;max-width:none}}
`;
}

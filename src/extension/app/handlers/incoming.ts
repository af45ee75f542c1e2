import { takeNotice } from "../../member/take-notice.js";
import type { ArrivalHandlers } from "../../requests/incoming.js";
import { memberAnswers } from "./member-answers.js";
import { afterNotice, ownerAnswers, ownerArrivals } from "./owner-answers.js";

/** Who is told when an answer, report, notice or receipt has come. It only connects. */
export const arrivals: ArrivalHandlers = {
  answers: { ...memberAnswers, ...ownerAnswers },
  ...ownerArrivals,
  notice: (sealed) => takeNotice(sealed, afterNotice),
};

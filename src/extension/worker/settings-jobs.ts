/** What each of the three hands held on a practice mail's way, the beginnings in base64. */
export interface PracticeResult {
  /** What left the author's computer. */
  readonly sent: string;
  /** What the server held after it had opened the outer seal. */
  readonly atServer: string;
  /** Whether the server could open that with the key that it has: tried, not claimed. */
  readonly serverCanRead: boolean;
  /** What came to the member. */
  readonly arrived: string;
  /** The text after both seals were opened. */
  readonly opened: string;
  readonly throughList: boolean;
}

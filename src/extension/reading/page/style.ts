/** What a mail looks like in a browser beside `displayStyle`: on a page of our own, with the frame of its HTML. */
export const readerStyle = `
:host { margin: 0; min-height: 0; padding: 4px 0 16px; }
.frame { padding: 0; resize: vertical; overflow: hidden; min-height: 80px; border: 1px solid var(--line); border-radius: 4px;
  padding-bottom: 14px; }
.frame iframe { display: block; width: 100%; height: 100%; border: 0; }
@media print { .frame { resize: none; } }
`;

/** A text to copy: all of it is selected as soon as one goes there. */
export function Copied({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <label>
      {label}
      <input type="text" readOnly value={value} onFocus={(event) => event.currentTarget.select()} />
    </label>
  );
}

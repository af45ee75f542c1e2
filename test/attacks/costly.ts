/**
 * Two files that ask their opener for a terabyte of memory: Argon2 (RFC 9580, 3.7.1.4) with memory exponent 30. They were
 * made with exponent 3 and then had that octet changed, so nobody ever paid for them.
 */
const bytes = (lines: readonly string[]) => Uint8Array.from(Buffer.from(lines.join(""), "base64"));

/** A member key of alice@example.test, v6, locked with the passphrase "x". */
export const costlyKey = bytes([
  "xX8GaVW5ABsAAAAgNK2wv5wwd2tjOlHnvShrKGKSE/0I/7RlN7COZYkR6y/9IwkDFASMtAj9/HxffKywhZ6SGqEeAQEeZYbP",
  "brWTY5/6q7xkAxGzXKHBC3u3s379i1+rhmEsHSuaYjaF72/dR6F9Cn0eZX+4hCoNIjFGa3Urg5wpwrsGHxsKAAAATAWCaVW5",
  "AAMLCQcFFQoIDgwEFgACAQKbAwIeCSKhBgfvmzF7336J+SxwjTJMrcBx4Qmk5f945V4zBh8868U2DScJAwcDCQEHAQkCBwIA",
  "AAAASxwgrve2evKORFqrGGOoaxc8LuW2Sg2mojcEioAbjEoEEGVtx3YIZNAu+p7vL5EXdCTe8BGynb9seQ8H3y3i9NmHE1i5",
  "MRh0aCyiYuj/jcnX4suG12uEqpH1QW/UltcFPCEKzRQ8YWxpY2VAZXhhbXBsZS50ZXN0PsKbBhMbCgAAACwFgmlVuQACGQEi",
  "oQYH75sxe99+ifkscI0yTK3AceEJpOX/eOVeMwYfPOvFNgAAAAAJUCAR4bSrLlI7Y6Q6MhBJYoQWlQnt4aw8C7YqGgADYAcE",
  "hKIsCwTJ/sScryRRqalib7+PBLyojG9OLBV7jEzokM6sBZfWnhKPlFqxepnN+Dd3KRdxsHTBPnvOcLzw3fd7AQnHfwZpVbkA",
  "GQAAACAGJgsW/vxI/QefpkPXTaplZVQkA6+z8BjZSthJGfu1MP0jCQMUBAMlIg8h9sNJDYmpuMARG2IBAR7hKF3yeNzXmS1y",
  "IC3bk1ptcOZ8IRFvulbWPljl65lJVzOFaONE2YhobJPdSFZMPc9qfk8nkwIjvDv4DgLCmwYYGwoAAAAsBYJpVbkAApsMIqEG",
  "B++bMXvffon5LHCNMkytwHHhCaTl/3jlXjMGHzzrxTYAAAAA4o4g4JRTQdoJ+QXKnY2j9fR13uu4IqPVesQdviVCMICbQB0p",
  "Ek7RBNH0uPCtQZJleDYNr4CQbofCVLA5ysa5kYomKuMf7Knz13o0tKWW4B+xkY/XGoBbB/qpib+8vX+386EH",
]);

/** A message under the password of 64 zeros, the form of a shared secret of 32 zero octets. */
export const costlyMessage = bytes([
  "w1UGIwkDFASiJ4BU2ioomtW+IcbHw3lAAQEe3GE0o9ynHp0WBcf8gvSzUQTonoHkhy2pfVxd3tbTq+pyJk/3rNdHsWE9U1q3",
  "2E7vrsIHywRJqRlsAemn0k0CCQMMItErh3OWfjkOD5Ulxb97gHzYv9hJusLeaVUv4pLoFAd4CoTiE8qHtGbL4sUfU5/jG5/t",
  "UtxMWAfurCdOWy3VXGXBYpL7f0XGmA==",
]);

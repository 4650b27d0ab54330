/** Patterns of runners' names: `*` stands for any characters, `?` for one; all else for itself. */

/** The characters of a name and the two. */
export const NAME_PATTERN = /^(?=.*[*?])[A-Za-z0-9._*?-]{1,64}$/;

/** No name has either character. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

/** Linear in their product: a star is tried again only at the last place where it stood. */
export function isLike(name: string, pattern: string): boolean {
  let at = 0;
  let of = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    if (pattern[of] === "*") {
      star = of;
      starAt = at;
      of += 1;
    } else if (pattern[of] === "?" || pattern[of] === name[at]) {
      at += 1;
      of += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      of = star + 1;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(of));
}

/**
 * Loading the page anew where it cannot go on as it is; nobody is asked, since nothing is lost.
 */
let isForced = false;

export function loadAnew(): void {
  isForced = true;
  location.reload();
}

export function isLeavingForced(): boolean {
  return isForced;
}

// The browser's own side of its tabs. Runs inside Firefox.

const browserWindow = () => Services.wm.getMostRecentWindow("navigator:browser");

const addressOf = (context) => context.currentWindowGlobal?.documentURI?.spec ?? "";

/** Opens any address, an extension's own included, in a tab in front, and waits until it has loaded. */
export async function openTab(url) {
  const { gBrowser } = browserWindow();
  const tab = gBrowser.addTab(url, {
    triggeringPrincipal: Services.scriptSecurityManager.getSystemPrincipal(),
  });
  gBrowser.selectedTab = tab;
  await waitFor(
    `${url} to load`,
    () =>
      tab.linkedBrowser.currentURI.spec.startsWith(url) && !tab.linkedBrowser.webProgress.isLoadingDocument,
  );
}

/** Brings the first tab whose address contains `part` to the front. */
export async function selectTab(part) {
  const { gBrowser } = browserWindow();
  gBrowser.selectedTab = await waitFor(`a tab of ${part}`, () =>
    gBrowser.tabs.find(({ linkedBrowser }) => linkedBrowser.currentURI.spec.includes(part)),
  );
  await sleep(50);
}

/** Whether the tab in front has loaded. */
export async function tabHasLoaded() {
  return !browserWindow().gBrowser.selectedBrowser.webProgress.isLoadingDocument;
}

/** Gives the page in front this width, in CSS pixels. The window stays as it is: it has a least width. */
export async function resizePage(width) {
  const { style } = browserWindow().gBrowser.selectedBrowser;
  [style.minWidth, style.maxWidth] = [`${width}px`, `${width}px`];
  return null;
}

/** The way, as indexes, to the first frame below the frame at `path` whose address contains `part`; null if none. */
export async function wayToFrame(path, part) {
  let start = browserWindow().gBrowser.selectedBrowser.browsingContext;
  for (const index of path) start = start?.children[index];
  const search = (context, way) => {
    for (const [index, child] of (context?.children ?? []).entries()) {
      const here = [...way, index];
      if (addressOf(child).includes(part)) return here;
      const deeper = search(child, here);
      if (deeper !== null) return deeper;
    }
    return null;
  };
  return search(start, path);
}

/** Ends the background page of an extension, as Firefox does with an idle one. */
export async function endBackground(id) {
  await WebExtensionPolicy.getByID(id).extension.terminateBackground({ ignoreDevToolsAttached: true });
}

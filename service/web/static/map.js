// The way of a run: a line on plain ground, or over tiles where the operator has named a server of them.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function drawMap(root, columns) {
  const { lat_deg: lats, lon_deg: lons } = columns;
  if (!lats || !lons) return null;
  const places = lats.map((lat, at) => (lat === null || lons[at] === null ? null : [lat, lons[at]]));
  const line = places.filter((place) => place !== null);
  if (line.length < 2) return null;
  root.closest("section").hidden = false;
  const { L } = globalThis;
  const map = L.map(root, { scrollWheelZoom: false, zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches, attributionControl: Boolean(root.dataset.tiles) });
  if (root.dataset.tiles) {
    map.attributionControl.setPrefix(false);
    const attribution = document.createElement("span");
    attribution.textContent = root.dataset.attribution;
    L.tileLayer(root.dataset.tiles, { attribution: attribution.innerHTML, maxZoom: 19, referrerPolicy: "origin" }).addTo(map);
  }
  L.polyline(line, { color: colour("--trace"), weight: 4, interactive: false }).addTo(map);
  const imperial = root.dataset.units === "imperial";
  L.control.scale({ metric: !imperial, imperial }).addTo(map);
  // A dot for the finish and a wider ring for the start, so that both are seen where a run comes back.
  const end = (place, name, style) =>
    L.circleMarker(place, style).addTo(map).bindTooltip(document.createTextNode(name).textContent);
  end(line[line.length - 1], root.dataset.end, { radius: 6, color: colour("--card"), weight: 2, fillColor: colour("--ink"), fillOpacity: 1 });
  L.circleMarker(line[0], { radius: 10, color: colour("--card"), weight: 7, fill: false, interactive: false }).addTo(map);
  end(line[0], root.dataset.start, { radius: 10, color: colour("--low"), weight: 4, fill: false });
  map.fitBounds(L.latLngBounds(line), { padding: [18, 18] });
  const cursor = L.circleMarker(line[0], { radius: 6, color: colour("--card"), weight: 2, fillColor: colour("--window-edge"), fillOpacity: 0, opacity: 0, interactive: false }).addTo(map);
  const part = L.polyline([], { color: colour("--window-edge"), weight: 7, opacity: 0.9, interactive: false }).addTo(map);
  return {
    point(index) {
      const place = places[index];
      if (place) cursor.setLatLng(place).setStyle({ opacity: 1, fillOpacity: 1 });
    },
    mark(from, to) {
      part.setLatLngs(places.slice(from, to + 1).filter((place) => place !== null));
    },
  };
}

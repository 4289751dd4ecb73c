using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cdp.Cli.Jobs;

/// <summary>The sums over the pages of a job.</summary>
/// <param name="Pages">The number of pages.</param>
/// <param name="Scanned">The records that were looked at.</param>
/// <param name="Selected">The events that were selected.</param>
/// <param name="Written">The requests that were written.</param>
/// <param name="Excluded">The events that a rule of the destination excludes.</param>
/// <param name="Unreadable">The records that cannot be read.</param>
public sealed record JobTotals(int Pages, long Scanned, long Selected, long Written, long Excluded, long Unreadable)
{
    public static readonly JobTotals None = new(0, 0, 0, 0, 0, 0);

    /// <summary>The sums with those of another page.</summary>
    public JobTotals Add(JsonElement page) => new(
        Pages + 1,
        Scanned + Number(page, "scanned"),
        Selected + Number(page, "selected"),
        Written + Number(page, "written"),
        Excluded + Number(page, "excluded"),
        Unreadable + Number(page, "unreadable"));

    public JsonObject ToJson() => new()
    {
        ["pages"] = Pages,
        ["scanned"] = Scanned,
        ["selected"] = Selected,
        ["written"] = Written,
        ["excluded"] = Excluded,
        ["unreadable"] = Unreadable,
    };

    /// <summary>The sums for people. What is zero and rare is left out.</summary>
    public override string ToString()
    {
        var text = $"{Scanned} records read, {Selected} events selected, {Written} requests written";
        if (Excluded > 0) text += $", {Excluded} excluded by a rule of the destination";
        return Unreadable > 0 ? $"{text}, {Unreadable} unreadable" : text;
    }

    private static long Number(JsonElement page, string name) => page.TryGetProperty(name, out var value) ? value.GetInt64() : 0;
}

using System.Globalization;
using cdp;
using Cdp.Profiles.State;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// Describes the differences between two states for operators. Trait values are personal data and are not shown; the events that set them are.
/// </summary>
public static class Differences
{
    private const string Nothing = "nothing";

    /// <param name="found">The state that is stored; null if there is none.</param>
    /// <param name="where">Where it is stored, such as Redis.</param>
    /// <param name="rebuilt">The state rebuilt from the log; null if there is none.</param>
    public static IReadOnlyList<string> Of(Profile? found, string where, Profile? rebuilt)
    {
        var (a, b) = (found ?? Folding.Empty(""), rebuilt ?? Folding.Empty(""));
        List<(string What, string Found, string Rebuilt)> sides =
        [
            ("merged into", a.mergedInto ?? Nothing, b.mergedInto ?? Nothing),
            ("kind", a.kind, b.kind),
            ("total", Number(a.total), Number(b.total)),
            ("first seen", Time(a.firstSeen), Time(b.firstSeen)),
            ("last seen", Time(a.lastSeen), Time(b.lastSeen)),
            ("identifiers", Number(a.identifiers.Count), Number(b.identifiers.Count)),
            .. ByName("count", a.counts, b.counts, count => $"{Number(count.count)} from {Time(count.first)} to {Time(count.last)}"),
            .. ByName("trait", a.traits, b.traits, Write),
            ("other events", Count(a.otherEvents), Count(b.otherEvents)),
            ("traits too large", Texts(a.cutTraits.Select(cut => cut.name)), Texts(b.cutTraits.Select(cut => cut.name))),
            ("incomplete", Texts(a.cut.Where(Cuts.IsContent)), Texts(b.cut.Where(Cuts.IsContent))),
            ("recent", Texts(a.recent.Select(e => e.messageId)), Texts(b.recent.Select(e => e.messageId))),
            ("accounts", Texts(a.accounts.Select(link => link.accountId)), Texts(b.accounts.Select(link => link.accountId))),
            ("members", Number(a.members.Count), Number(b.members.Count)),
            ("reflects", Positions(a.reflects), Positions(b.reflects)),
            ("since", Positions(a.since), Positions(b.since)),
        ];
        var wrongValues = a.traits
            .Where(trait => b.traits.TryGetValue(trait.Key, out var other) && Order.Compare(trait.Value, other) == 0 && trait.Value.value != other.value)
            .Select(trait => $"trait {trait.Key}: the value in {where} is not the one that was sent");
        string[] different =
        [
            .. sides.Where(side => side.Found != side.Rebuilt).Select(side => $"{side.What}: {where} {side.Found}, rebuilt {side.Rebuilt}"),
            .. wrongValues,
        ];
        // The states differ in something that is not listed above: an identifier, a member, or the time of an account's call.
        return different is [] ? [$"{where} has fingerprint {Fingerprint.Of(found)}, rebuilt {Fingerprint.Of(rebuilt)}"] : different;
    }

    private static IEnumerable<(string, string, string)> ByName<T>(
        string what, IDictionary<string, T> found, IDictionary<string, T> rebuilt, Func<T, string> text)
    {
        foreach (var name in found.Keys.Union(rebuilt.Keys).Order(StringComparer.Ordinal))
        {
            yield return ($"{what} {name}", TextOf(found), TextOf(rebuilt));

            string TextOf(IDictionary<string, T> map) => map.TryGetValue(name, out var value) ? text(value) : Nothing;
        }
    }

    private static string Write(Trait trait) => $"by {trait.messageId} at {Time(trait.timestamp)}, {trait.position.partition}@{trait.position.offset}";

    private static string Positions(IEnumerable<RecordPosition> positions) => Texts(positions.Select(position => $"{position.partition}@{position.offset}"));

    private static string Texts(IEnumerable<string> texts)
    {
        const int Shown = 5;
        string[] all = [.. texts];
        return all is [] ? Nothing : string.Join(' ', all.Take(Shown)) + (all.Length > Shown ? $" and {all.Length - Shown} more" : "");
    }

    private static string Count(OtherEvents? other) => other is null ? Nothing : $"{Number(other.count)} from {Time(other.first)} to {Time(other.last)}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTime? time) => time is { } t ? t.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFZ", CultureInfo.InvariantCulture) : Nothing;
}

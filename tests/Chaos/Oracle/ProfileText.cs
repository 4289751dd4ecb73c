using System.Globalization;
using cdp;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Oracle;

/// <summary>The parts of a profile as text, for comparing and for reporting differences.</summary>
public static class ProfileText
{
    public static string Of(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture);

    public static string Of(IEnumerable<(string Name, string Value)> parts) => string.Join(", ", parts.Select(part => $"{part.Name}={part.Value}"));

    public static string Traits(Profile profile) => Traits(
        profile.traits.Select(trait => (trait.Key, trait.Value.value, trait.Value.messageId, trait.Value.timestamp)),
        profile.cutTraits.Select(cut => (cut.name, cut.messageId, cut.timestamp)));

    public static string Traits(
        IEnumerable<(string Name, string Json, string MessageId, DateTime At)> kept, IEnumerable<(string Name, string MessageId, DateTime At)> cut) =>
        Of([
            .. kept.OrderBy(trait => trait.Name, StringComparer.Ordinal).Select(trait => (trait.Name, $"{trait.Json} by {trait.MessageId} at {Of(trait.At)}")),
            .. cut.OrderBy(trait => trait.Name, StringComparer.Ordinal).Select(trait => (trait.Name, $"cut by {trait.MessageId} at {Of(trait.At)}")),
        ]);

    public static string Counts(Profile profile) => Counts(
        profile.counts.Select(count => (count.Key, (count.Value.count, count.Value.first, count.Value.last))),
        profile.otherEvents is { } other ? (other.count, other.first, other.last) : null);

    /// <param name="counts">The counts by event name.</param>
    /// <param name="others">The count of all event names that are not listed; null if there is none.</param>
    public static string Counts(
        IEnumerable<(string Name, (long Count, DateTime First, DateTime Last) Count)> counts, (long Count, DateTime First, DateTime Last)? others)
    {
        var listed = counts.OrderBy(count => count.Name, StringComparer.Ordinal).Select(count => (count.Name, Text(count.Count)));
        return Of(others is { } other ? listed.Append(("all others", Text(other))) : listed);

        static string Text((long Count, DateTime First, DateTime Last) count) => $"{count.Count} {Of(count.First)}..{Of(count.Last)}";
    }

    public static string Cut(Profile profile) => string.Join(' ', profile.cut);

    public static string Totals(Profile profile) => $"total {profile.total} {Of(profile.firstSeen ?? default)}..{Of(profile.lastSeen ?? default)}";

    public static string Ids(Profile profile) => Of(profile.identifiers.Select(id => (id.type, id.value)).Order());

    public static string Recent(Profile profile) => string.Join(' ', profile.recent.Select(e => Recent(e.messageId, e.name)));

    public static string Recent(string messageId, string? name) => name is null ? messageId : $"{messageId} {name}";

    public static string Links(Profile profile)
    {
        if (profile.kind == "account")
        {
            var members = profile.members.Select(member => ($"{Id.Of(member.identifier)}", $"{member.messageId} at {Of(member.timestamp)}"));
            return $"account of {Of(members.OrderBy(member => member.Item1, StringComparer.Ordinal))}";
        }
        var accounts = profile.accounts.Select(account => (account.groupId, $"{account.messageId} at {Of(account.timestamp)}"));
        return $"person in {Of(accounts.OrderBy(account => account.groupId, StringComparer.Ordinal))}";
    }

    public static string Positions(Profile profile)
    {
        var ranges = profile.since.Zip(profile.reflects).OrderBy(range => range.First.partition);
        return string.Join(' ', ranges.Select(range => $"{range.First.partition}@{range.First.offset}..{range.Second.offset}"));
    }
}

using System.Globalization;
using cdp;
using Cdp.Chaos.People;

namespace Cdp.Chaos.Oracle;

/// <summary>A profile's parts as text: what is compared, and what is told where it differs.</summary>
public static class ProfileText
{
    public static string Of(DateTime time) => time.ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture);

    public static string Of(IEnumerable<(string Name, string Value)> parts) => string.Join(", ", parts.Select(part => $"{part.Name}={part.Value}"));

    public static string Traits(Profile profile) => Of(profile.traits.OrderBy(trait => trait.Key, StringComparer.Ordinal).Select(trait => (trait.Key, $"{trait.Value.value} by {trait.Value.messageId} at {Of(trait.Value.timestamp)}")));

    public static string Counts(Profile profile) => Of(profile.counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => (count.Key, $"{count.Value.count} {Of(count.Value.first)}..{Of(count.Value.last)}")));

    public static string Totals(Profile profile) => $"total {profile.total} {Of(profile.firstSeen ?? default)}..{Of(profile.lastSeen ?? default)}";

    public static string Ids(Profile profile) => Of(profile.identifiers.Select(id => (id.type, id.value)).Order());

    public static string Recent(Profile profile) => string.Join(' ', profile.recent.Select(e => e.messageId));

    public static string Links(Profile profile) => profile.kind == "account"
        ? $"account of {Of(profile.members.Select(member => ($"{Id.Of(member.identifier)}", $"{member.messageId} at {Of(member.timestamp)}")).OrderBy(member => member.Item1, StringComparer.Ordinal))}"
        : $"person in {Of(profile.accounts.Select(account => (account.groupId, $"{account.messageId} at {Of(account.timestamp)}")).OrderBy(account => account.groupId, StringComparer.Ordinal))}";

    public static string Positions(Profile profile) =>
        string.Join(' ', profile.since.Zip(profile.reflects).OrderBy(position => position.First.partition).Select(position => $"{position.First.partition}@{position.First.offset}..{position.Second.offset}"));
}

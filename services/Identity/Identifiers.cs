using System.Text.Json;
using System.Text.RegularExpressions;
using cdp;
using Cdp.Contracts;

namespace Cdp.Identity;

/// <summary>The names that an event gives its customer, normalised, highest priority first.</summary>
public static partial class Identifiers
{
    public const string UserId = "user_id";
    public const string Email = IdentifierForm.Email;
    public const string AnonymousId = "anonymous_id";

    /// <summary>The type of last resort: an event none of whose names means anybody.</summary>
    public const string MessageId = "message_id";

    private const int LongestEmail = 254;
    private static readonly string[] Priorities = [UserId, Email, AnonymousId, MessageId];

    /// <summary>Identifiers are equal when type and value are; the generated type compares references.</summary>
    public static readonly IEqualityComparer<Identifier> Comparer = EqualityComparer<Identifier>.Create(
        (a, b) => a!.type == b!.type && a.value == b.value, identifier => HashCode.Combine(identifier.type, identifier.value));

    /// <summary>0 is the highest.</summary>
    public static int Priority(Identifier identifier) => Array.IndexOf(Priorities, identifier.type) is >= 0 and var priority ? priority : Priorities.Length;

    /// <summary>
    /// Never empty: where every name is blocked the event becomes a customer of its own, named by its messageId, so that it is neither lost nor
    /// puts strangers together.
    /// </summary>
    public static IReadOnlyList<Identifier> Of(Event envelope)
    {
        var found = new List<Identifier>(3);
        // An alias's previousId is an anonymousId or an earlier userId, and nothing in the call says which, unless it is the event's own. Taken as one
        // of them only, half of all callers would lose the history that they ask to keep; taken as both, it names at worst a customer that nobody has.
        var previousId = envelope.type == "alias" && envelope.previousId != envelope.userId && envelope.previousId != envelope.anonymousId ? envelope.previousId : null;
        Add(found, UserId, envelope.userId);
        Add(found, UserId, previousId);
        Add(found, Email, EmailOf(envelope));
        Add(found, AnonymousId, envelope.anonymousId);
        Add(found, AnonymousId, previousId);
        return found.Count > 0 ? found : [new Identifier { type = MessageId, value = envelope.messageId }];
    }

    private static void Add(List<Identifier> found, string type, string? value)
    {
        if (value is null || Blocked().IsMatch(value)) return;
        found.Add(IdentifierForm.Normalised(type, value));
    }

    private static string? EmailOf(Event envelope) =>
        (envelope.type == "identify" ? Address(envelope.traits) : null) ?? Address(envelope.context, "traits");

    private static string? Address(string? json, string? within = null)
    {
        if (json is null) return null;
        using var document = JsonDocument.Parse(json);
        var traits = document.RootElement;
        if (within is not null && !(traits.ValueKind == JsonValueKind.Object && traits.TryGetProperty(within, out traits))) return null;
        if (traits.ValueKind != JsonValueKind.Object || !traits.TryGetProperty(Email, out var email) || email.ValueKind != JsonValueKind.String) return null;
        var address = IdentifierForm.Normalised(Email, email.GetString()!).value;
        return address.Length <= LongestEmail && LooksLikeAnAddress().IsMatch(address) ? address : null;
    }

    // What senders send when they know nobody: zeros and dashes (an empty UUID), or a placeholder. One profile of all of them would help nobody.
    [GeneratedRegex(@"^\s*(?:[0-]*|-1|null|anonymous|unknown|undefined)\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Blocked();

    [GeneratedRegex(@"^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$", RegexOptions.CultureInvariant)]
    private static partial Regex LooksLikeAnAddress();
}

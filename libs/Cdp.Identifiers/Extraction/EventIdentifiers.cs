using cdp;
using Cdp.Contracts;
using Cdp.Identifiers.Canonical;
using Cdp.Identifiers.Types;

namespace Cdp.Identifiers.Extraction;

/// <summary>Why an identifier in an event is not used for that event.</summary>
public static class DropReason
{
    /// <summary>The value identifies nobody.</summary>
    public const string Blocked = "blocked";

    /// <summary>The value is not valid for its type.</summary>
    public const string Invalid = "invalid";

    /// <summary>Using it would give the profile, or the event, too many identifiers of a type.</summary>
    public const string Limit = "limit";

    /// <summary>Using it would give the profile more merges or identifiers than any profile may have.</summary>
    public const string Capped = "capped";
}

/// <summary>The identifiers of an event's customer.</summary>
/// <param name="Identifiers">Normalised and distinct, highest priority first; never empty.</param>
/// <param name="Dropped">Identifiers that the event carries but that are not used for it, with the reason.</param>
public sealed record EventIdentifiers(IReadOnlyList<Identifier> Identifiers, IReadOnlyList<DroppedIdentifier> Dropped)
{
    // Longer values are truncated in Dropped.
    private const int MaxDroppedLength = 64;

    // Replaces characters that could not be decoded. Values that differed before can become equal.
    private const char Undecodable = '\uFFFD';

    /// <summary>
    /// Extracts the identifiers of an event. If none can be used, the event gets its own profile, identified by its messageId: it is not lost,
    /// and it does not merge strangers.
    /// </summary>
    /// <exception cref="System.Text.Json.JsonException">A free-form member is not JSON.</exception>
    public static EventIdentifiers Of(Event envelope, IdentifierTypes types)
    {
        using var members = new EventMembers(envelope);
        var extraction = new Extraction(types, envelope, members);
        if (envelope.type == "merge") extraction.AddStated();
        if (extraction.Found.Count == 0)
        {
            extraction.AddOwn();
            // The event of a merge call without usable mergeProperties needs a profile. But the call does not say that its caller's identifiers belong
            // together, and its caller may be an operator: so only the identifier with the highest priority is used.
            if (envelope.type == "merge") extraction.Keep(1, reason: null);
        }
        extraction.Keep(IdentifierTypes.MaxPerEvent, DropReason.Limit);
        var found = extraction.Found;
        if (found.Count == 0) found.Add(new Identifier { type = IdentifierTypes.MessageId, value = envelope.messageId });
        return new EventIdentifiers(found, extraction.Dropped);
    }

    private sealed class Extraction(IdentifierTypes types, Event envelope, EventMembers members)
    {
        public List<Identifier> Found { get; } = new(3);

        public List<DroppedIdentifier> Dropped { get; } = [];

        /// <summary>Adds the identifiers at the places that the configuration names.</summary>
        public void AddOwn()
        {
            var previousId = PreviousId();
            foreach (var type in types.Types.Where(type => !IsWithheld(type)))
            {
                var before = Found.Count;
                foreach (var place in type.From)
                {
                    foreach (var value in members.At(place, type.Name)) Add(type, value);
                    if (Found.Count > before) break;
                }
                if (previousId is not null && type.Name is (IdentifierTypes.UserId or IdentifierTypes.AnonymousId))
                {
                    Add(type, new MemberValue(previousId, true));
                }
            }
        }

        /// <summary>
        /// Adds the identifiers that a merge call states. It says that these are one customer, not that they are the caller, so the event's own
        /// identifiers, which may be an operator's, are not added.
        /// </summary>
        public void AddStated()
        {
            foreach (var (name, value) in members.MergeProperties())
            {
                // RudderStack calls a phone number "mobile".
                if (types.Find(name == "mobile" ? IdentifierTypes.Phone : name) is { } known)
                {
                    if (!IsWithheld(known)) Add(known, value);
                }
                else Drop(IdentifierTypes.UnknownType, value.Text, DropReason.Invalid);
            }
            Found.Sort((a, b) => types.Priority(a.type).CompareTo(types.Priority(b.type)));
        }

        /// <summary>Keeps the identifiers with the highest priority.</summary>
        /// <param name="count">The number of identifiers to keep.</param>
        /// <param name="reason">Why the others are dropped; null if they are not listed as dropped.</param>
        public void Keep(int count, string? reason)
        {
            if (Found.Count <= count) return;
            if (reason is not null)
            {
                foreach (var surplus in Found[count..]) Drop(surplus.type, surplus.value, reason);
            }
            Found.RemoveRange(count, Found.Count - count);
        }

        // An alias call does not say whether its previousId is an anonymousId or an earlier userId, unless it equals one of the event's own. If it were treated
        // as only one of them, half of all callers would lose the history that they want to keep. If it is treated as both, the wrong one is at worst an
        // identifier that no customer has.
        private string? PreviousId() =>
            envelope.type == "alias" && envelope.previousId is { } previous && !IsSame(previous, envelope.userId) && !IsSame(previous, envelope.anonymousId)
            && !Withheld.Covers(envelope, Withheld.UserIds)
                ? previous
                : null;

        // A user id is withheld wherever it is, also in externalIds.
        private bool IsWithheld(IdentifierType type) => type.Name == IdentifierTypes.UserId && Withheld.Covers(envelope, Withheld.UserIds);

        private void Add(IdentifierType type, MemberValue sent)
        {
            var value = sent.Text;
            // Checked first, so that the work on a value is bounded.
            if (value.Length > IdentifierTypes.MaxValueLength)
            {
                Drop(type.Name, value, DropReason.Invalid);
                return;
            }
            // Ingestion canonicalises the envelope's ids, but not those in free-form members; and ids in older records may have any form.
            var canonical = CanonicalIdentifier.Of(value);
            if (types.Blocked.Contains(canonical)) Drop(type.Name, value, DropReason.Blocked);
            else if (!sent.IsUsable || canonical.Contains(Undecodable, StringComparison.Ordinal) || types.NormaliseValue(type, canonical) is not { } normalised)
            {
                Drop(type.Name, value, DropReason.Invalid);
            }
            else if (types.Blocked.Contains(normalised)) Drop(type.Name, normalised, DropReason.Blocked);
            else if (!Found.Exists(other => other.type == type.Name && other.value == normalised))
            {
                Found.Add(new Identifier { type = type.Name, value = normalised });
            }
        }

        private void Drop(string type, string value, string reason) =>
            Dropped.Add(new() { type = type, value = value.Length > MaxDroppedLength ? value[..MaxDroppedLength] : value, reason = reason });

        // Ids in records from before ingestion limited their length may be megabytes long. Such an id is not an identifier, so it need not be compared.
        private static bool IsSame(string id, string? other) =>
            other is not null && id.Length <= IdentifierTypes.MaxValueLength && other.Length <= IdentifierTypes.MaxValueLength
            && CanonicalIdentifier.Of(id) == CanonicalIdentifier.Of(other);
    }
}

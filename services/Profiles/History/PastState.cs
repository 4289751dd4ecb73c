using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.Splitting;
using Cdp.Profiles.State;

namespace Cdp.Profiles.History;

/// <summary>Folds the events of a profile, as identity has it today, up to a time. Events are the profile's by their best identifier, an account's by its groupId.</summary>
/// <param name="today">The profile today.</param>
/// <param name="asOf">The last corrected time that counts.</param>
/// <param name="ids">How a group call's groupId becomes the id of an account.</param>
public sealed class PastState(Profile today, DateTime asOf, ProfileIds ids)
{
    private readonly HashSet<(string, string)> _own = [.. today.identifiers.Select(Key)];

    public Profile Profile { get; } = Folding.Empty(today.profileId);

    /// <summary>The profiles under which its events may stand; null: under any, for an account's stand under its members'.</summary>
    public IReadOnlySet<string>? Keys { get; } = today.kind == Accounts.Kind ? null
        : today.absorbed.Concat(today.sharedKeys).Concat(today.identifiers.Select(ids.Implied)).Append(today.profileId).ToHashSet();

    public void Add(IdentifiedEvent identified, RecordPosition position)
    {
        if (identified.validated.envelope.timestamp > asOf) return;
        try
        {
            if (today.kind == Accounts.Kind) AddToAccount(identified, position);
            else if (identified.identifiers.Count == 0 ? identified.profileId == today.profileId : _own.Contains(Key(identified.identifiers[0])))
            {
                Folding.Fold(Profile, Division.Trimmed(identified, identifier => _own.Contains(Key(identifier))), position, ids);
            }
        }
        catch (JsonException)
        {
            // It was never folded: it went to the dead topic for the same reason.
        }
    }

    private void AddToAccount(IdentifiedEvent identified, RecordPosition position)
    {
        if (Accounts.LinkOf(identified.validated.envelope, ids)?.accountId != today.profileId) return;
        Folding.FoldAccount(Profile, new AccountEvent { accountId = today.profileId, @event = identified, origin = position });
    }

    private static (string, string) Key(Identifier identifier) => (identifier.type, identifier.value);
}

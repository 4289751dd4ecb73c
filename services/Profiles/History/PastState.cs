using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.History;

/// <summary>
/// Folds the events of a profile up to a point in time. The events are those that belong to the profile by the current identity decisions: a person's by their
/// best identifier, an account's by their groupId.
/// </summary>
/// <param name="today">The profile as it is today.</param>
/// <param name="asOf">The last event time, after clock correction, that is included.</param>
/// <param name="folding">Folds events into states.</param>
public sealed class PastState(Profile today, DateTime asOf, Folding folding)
{
    private readonly HashSet<(string, string)> _own = [.. today.identifiers.Select(Division.Key)];

    public Profile Profile { get; } = Folding.Empty(today.profileId);

    /// <summary>
    /// The keys under which the profile's events may be stored; null for any key. The events of an account are stored under its members. An incomplete profile
    /// does not know all profiles merged into it, nor which id a shortened identifier implied.
    /// </summary>
    public IReadOnlySet<string>? Keys { get; } = KnowsItsKeys(today)
        ? today.absorbed.Concat(today.sharedKeys).Concat(today.identifiers.Select(folding.Ids.Implied)).Append(today.profileId).ToHashSet()
        : null;

    public void Add(IdentifiedEvent identified, RecordPosition position)
    {
        if (EventTime.Of(identified.validated.envelope) > asOf) return;
        if (today.kind == Accounts.Kind) AddToAccount(identified, position);
        else if (identified.identifiers.Count == 0 ? identified.profileId == today.profileId : IsOwn(identified.identifiers[0]))
        {
            folding.Fold(Profile, Division.WithIdentifiers(identified, IsOwn), position);
        }
    }

    private void AddToAccount(IdentifiedEvent identified, RecordPosition position)
    {
        if (folding.LinkOf(identified.validated.envelope)?.accountId != today.profileId) return;
        folding.FoldAccount(Profile, new AccountEvent { accountId = today.profileId, @event = identified, origin = position });
    }

    private bool IsOwn(Identifier identifier) => _own.Contains(Division.Key(identifier));

    private static bool KnowsItsKeys(Profile profile) => profile.kind != Accounts.Kind
        && !Cuts.Has(profile, Cuts.Absorbed)
        && !Cuts.Has(profile, Cuts.SharedKeys)
        && !profile.identifiers.Any(Texts.MayBeShortened);
}

using Avro.Specific;
using cdp;
using Cdp.Profiles.State;
using Cdp.Profiles.State.Ordering;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// The profiles in the draft that a batch of events.identified affects, and the changes that records make to them. Pure. Applying a record twice changes
/// nothing: each partition is read in order, so a state's <c>reflects</c> shows which records it includes.
/// </summary>
public sealed class DraftView(Routing routing, Folding folding)
{
    private readonly Dictionary<string, Profile> _states = [];
    private readonly HashSet<string> _changed = [];

    public IEnumerable<Profile> Changed => _changed.Select(profileId => _states[profileId]);

    /// <summary>Profiles that were split after the decisions were read. Their states are wrong, because a state cannot be divided after folding.</summary>
    public HashSet<string> Split { get; } = [];

    public bool Has(string profileId) => _states.ContainsKey(profileId);

    public void Add(string profileId, Profile? state) => _states[profileId] = state ?? Folding.Empty(profileId);

    /// <summary>The profiles that a record mentions.</summary>
    public IEnumerable<string> Mentioned(ISpecificRecord record) => record switch
    {
        IdentifiedEvent identified when folding.LinkOf(identified.validated.envelope) is { } link => [identified.profileId, link.accountId],
        IdentifiedEvent identified => [identified.profileId],
        ProfileMerged merged => [merged.loserId, merged.winnerId],
        ProfileSplit split => [split.profileId, .. split.into],
        _ => [],
    };

    /// <summary>The profiles that an event of this profile may belong to now: the one it was merged into, and those split off from it.</summary>
    public IEnumerable<string> Successors(string profileId) =>
        _states[profileId].mergedInto is { } winner ? [winner, .. routing.SplitOffFrom(profileId)] : routing.SplitOffFrom(profileId);

    /// <summary>Applies a record of events.identified. The profiles it mentions, and all their successors, must have been added.</summary>
    /// <param name="record">The record.</param>
    /// <param name="position">Its position.</param>
    public void Apply(ISpecificRecord record, RecordPosition position)
    {
        switch (record)
        {
            case IdentifiedEvent identified:
                Fold(identified, position);
                break;
            case ProfileMerged merged:
                Merge(merged);
                break;
            case ProfileSplit split:
                foreach (var into in split.into)
                {
                    var route = new SplitRoute { sequence = split.sequence, into = into, identifiers = split.identifiers };
                    if (routing.Add(split.profileId, route)) Split.UnionWith([Routing.Root(split.profileId, MergedInto), into]);
                }
                break;
        }
    }

    /// <summary>Adds the identifiers that a split took out to their current owners. The successors of the new profile must have been added.</summary>
    public void AddIdentifiers(SplitRoute route)
    {
        foreach (var owner in route.identifiers.ToLookup(identifier => routing.Owner(route.into, identifier, MergedInto))) AddIdentifiers(owner.Key, owner);
    }

    private void Fold(IdentifiedEvent identified, RecordPosition position)
    {
        var profileId = routing.Owner(identified, MergedInto);
        var owners = identified.identifiers.ToLookup(identifier => routing.Owner(identified.profileId, identifier, MergedInto));
        foreach (var other in owners.Where(owner => owner.Key != profileId)) AddIdentifiers(other.Key, other);
        var own = owners[profileId].ToHashSet();
        var e = Division.WithIdentifiers(identified, own.Contains);
        if (!Includes(_states[profileId], position))
        {
            folding.Fold(_states[profileId], e, position);
            _changed.Add(profileId);
        }
        if (folding.LinkOf(e.validated.envelope) is { } link && !Includes(_states[link.accountId], position))
        {
            folding.FoldAccount(_states[link.accountId], new AccountEvent { accountId = link.accountId, @event = e, origin = position });
            _changed.Add(link.accountId);
        }
    }

    private void AddIdentifiers(string profileId, IEnumerable<Identifier> identifiers)
    {
        folding.AddIdentifiers(_states[profileId], identifiers);
        _changed.Add(profileId);
    }

    // Applies only to merges decided after the decisions were read. The losers of earlier merges are aliases from the start.
    private void Merge(ProfileMerged merged)
    {
        var (loser, winnerId) = (_states[merged.loserId], Routing.Root(merged.winnerId, MergedInto));
        if (loser.mergedInto is not null || winnerId == merged.loserId) return;
        if (!_states[winnerId].absorbed.Contains(merged.loserId)) folding.Merge(_states[winnerId], loser);
        folding.AddAbsorbed(_states[winnerId], [merged.loserId]);
        _states[merged.loserId] = Folding.Alias(merged.loserId, merged.winnerId);
        _changed.UnionWith([winnerId, merged.loserId]);
    }

    private string? MergedInto(string profileId) => _states[profileId].mergedInto;

    private static bool Includes(Profile state, RecordPosition position) =>
        Sorted.Find(state.reflects, position, Order.ComparePartition) is >= 0 and var at && state.reflects[at].offset >= position.offset;
}

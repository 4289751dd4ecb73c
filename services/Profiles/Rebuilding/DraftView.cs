using System.Text.Json;
using Avro.Specific;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Rebuilding;

/// <summary>
/// The profiles of the draft that a batch of events.identified touches, and how they are folded. Pure. A record that is applied twice changes nothing: each
/// partition is read in order, so that what a state reflects of it says which of its records the state has.
/// </summary>
public sealed class DraftView(Routing routing, ProfileIds ids)
{
    private readonly Dictionary<string, Profile> _states = [];
    private readonly HashSet<string> _changed = [];

    public IEnumerable<Profile> Changed => _changed.Select(profileId => _states[profileId]);

    /// <summary>Records whose traits are no JSON object. The service put them on the dead topic for the same reason.</summary>
    public int Unfoldable { get; private set; }

    /// <summary>Profiles that were split since the decisions were read: a folded state cannot be divided.</summary>
    public HashSet<string> Split { get; } = [];

    public bool Has(string profileId) => _states.ContainsKey(profileId);

    public void Add(string profileId, Profile? state) => _states[profileId] = state ?? Folding.Empty(profileId);

    /// <summary>The profiles that a record names itself.</summary>
    public IEnumerable<string> Named(ISpecificRecord record) => record switch
    {
        IdentifiedEvent identified when Accounts.LinkOf(identified.validated.envelope, ids) is { } link => [identified.profileId, link.accountId],
        IdentifiedEvent identified => [identified.profileId],
        ProfileMerged merged => [merged.loserId, merged.winnerId],
        ProfileSplit split => [split.profileId, .. split.into],
        _ => [],
    };

    /// <summary>The profiles to which an event of this one may lead.</summary>
    public IEnumerable<string> Behind(string profileId) => _states[profileId].mergedInto is { } winner ? [winner, .. routing.Out(profileId)] : routing.Out(profileId);

    /// <param name="record">A record of events.identified; whatever it may lead to has been added.</param>
    /// <param name="position">Where it stands.</param>
    public void Apply(ISpecificRecord record, RecordPosition position)
    {
        switch (record)
        {
            case IdentifiedEvent identified:
                Fold(identified, position);
                break;
            case ProfileMerged merged:
                End(merged);
                break;
            case ProfileSplit split:
                foreach (var into in split.into.Where(into => routing.Add(split.profileId, new SplitRoute { sequence = split.sequence, into = into, identifiers = split.identifiers })))
                {
                    Split.UnionWith([Routing.Root(split.profileId, MergedInto), into]);
                }
                break;
        }
    }

    private void Fold(IdentifiedEvent identified, RecordPosition position)
    {
        var (profileId, e) = routing.Place(identified, MergedInto);
        try
        {
            if (!Includes(_states[profileId], position))
            {
                Folding.Fold(_states[profileId], e, position, ids);
                _changed.Add(profileId);
            }
            if (Accounts.LinkOf(e.validated.envelope, ids) is { } link && !Includes(_states[link.accountId], position))
            {
                Folding.FoldAccount(_states[link.accountId], new AccountEvent { accountId = link.accountId, @event = e, origin = position });
                _changed.Add(link.accountId);
            }
        }
        catch (JsonException)
        {
            Unfoldable++;
        }
    }

    // Only for merges that the decisions did not have when they were read: the others are aliases from the start.
    private void End(ProfileMerged merged)
    {
        var (loser, winnerId) = (_states[merged.loserId], Routing.Root(merged.winnerId, MergedInto));
        if (loser.mergedInto is not null || winnerId == merged.loserId) return;
        if (Sorted.Add(_states[winnerId].absorbed, merged.loserId, string.CompareOrdinal)) Folding.Merge(_states[winnerId], loser);
        _states[merged.loserId] = Alias(merged.loserId, merged.winnerId);
        _changed.UnionWith([winnerId, merged.loserId]);
    }

    public static Profile Alias(string profileId, string winnerId)
    {
        var alias = Folding.Empty(profileId);
        alias.mergedInto = winnerId;
        return alias;
    }

    private string? MergedInto(string profileId) => _states[profileId].mergedInto;

    private static bool Includes(Profile state, RecordPosition position) =>
        Sorted.Find(state.reflects, position, Order.ComparePartition) is >= 0 and var at && state.reflects[at].offset >= position.offset;
}

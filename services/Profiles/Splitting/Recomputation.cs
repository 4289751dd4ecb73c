using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// Folds the events of a split that has begun anew, as they are read from the log, into the two profiles that it makes; and notes which writes of the old
/// state it met, so that the rest of them can be told from what the log still has.
/// </summary>
/// <param name="profileId">The profile that has the split pending.</param>
/// <param name="split">The split.</param>
/// <param name="before">What it holds; nothing of it may still be on its way.</param>
/// <param name="ids">How a group call's groupId becomes the id of an account.</param>
public sealed class Recomputation(string profileId, PendingSplit split, Profile before, ProfileIds ids)
{
    private readonly Coverage _coverage = new(split, before);
    private readonly HashSet<(int, long)> _writes = [.. before.traits.Values.Select(trait => (trait.position.partition, trait.position.offset))];
    private readonly HashSet<string> _messages = [.. before.recent.Select(e => e.messageId), .. before.accounts.Select(link => link.messageId)];
    private readonly HashSet<(int, long)> _metWrites = [];
    private readonly HashSet<string> _metMessages = [];

    /// <summary>What stays.</summary>
    public Profile Kept { get; } = Folding.Empty(profileId);

    /// <summary>What left.</summary>
    public Profile Left { get; } = Folding.Empty(split.into);

    /// <summary>From when on the log was complete; null where nothing was read.</summary>
    public DateTime? ReachesFrom { get; set; }

    /// <summary>Whether it was made from what the split holds now, and not from something older that was still in Redis.</summary>
    public bool IsOf(PendingSplit current) => current.before.AsSpan().SequenceEqual(split.before);

    /// <summary>Takes an event as the log has it; what is not to be folded anew is passed over.</summary>
    public void Add(IdentifiedEvent identified, RecordPosition position)
    {
        if (!_coverage.Covers(identified.profileId, identified, position)) return;
        var side = _coverage.Division.Of(identified);
        try
        {
            Folding.Fold(side == Side.Left ? Left : Kept, _coverage.Division.Share(identified, side), position, ids);
        }
        catch (JsonException)
        {
            // It was never folded: it went to the dead topic for the same reason.
            return;
        }
        if (_writes.Contains((position.partition, position.offset))) _metWrites.Add((position.partition, position.offset));
        if (_messages.Contains(identified.validated.envelope.messageId)) _metMessages.Add(identified.validated.envelope.messageId);
    }

    public bool Met(RecordPosition write) => _metWrites.Contains((write.partition, write.offset));

    public bool Met(string messageId) => _metMessages.Contains(messageId);
}

using cdp;
using Cdp.Profiles.State;

namespace Cdp.Profiles.Splitting;

/// <summary>
/// Folds the events of a begun split, as they are read from the log, into the two resulting profiles. It keeps track of which writes of the held state it found
/// in the log, to distinguish them from those that the log no longer has.
/// </summary>
/// <param name="profileId">The profile with the pending split.</param>
/// <param name="split">The split.</param>
/// <param name="before">The state it holds. Every event that belongs to it must have arrived.</param>
/// <param name="folding">Folds events into states.</param>
public sealed class Recomputation(string profileId, PendingSplit split, Profile before, Folding folding)
{
    private readonly Coverage _coverage = new(split, before);
    private readonly HashSet<(int, long)> _writes =
        [.. before.traits.Values.Select(trait => Key(trait.position)), .. before.cutTraits.Select(cut => Key(cut.position))];
    private readonly HashSet<string> _messages = [.. before.recent.Select(e => e.messageId), .. before.accounts.Select(link => link.messageId)];
    private readonly HashSet<(int, long)> _foundWrites = [];
    private readonly HashSet<string> _foundMessages = [];

    /// <summary>The state of the profile that was split.</summary>
    public Profile Kept { get; } = Folding.Empty(profileId);

    /// <summary>The state of the new profile.</summary>
    public Profile SplitOff { get; } = Folding.Empty(split.into);

    /// <summary>The time from which the log was complete; null if nothing is missing.</summary>
    public DateTime? ReachesFrom { get; set; }

    /// <summary>Whether it was computed for the state that the split holds now, rather than for an older state read from Redis.</summary>
    public bool IsOf(PendingSplit current) => current.before.AsSpan().SequenceEqual(split.before);

    /// <summary>Folds an event read from the log. Events that the split does not recompute are ignored.</summary>
    public void Add(IdentifiedEvent identified, RecordPosition position)
    {
        if (!_coverage.Covers(identified.profileId, identified, position)) return;
        var side = _coverage.Division.Of(identified);
        folding.Fold(side == Side.SplitOff ? SplitOff : Kept, _coverage.Division.Share(identified, side), position);
        if (_writes.Contains(Key(position))) _foundWrites.Add(Key(position));
        var messageId = Texts.MessageId(identified.validated.envelope.messageId);
        if (_messages.Contains(messageId)) _foundMessages.Add(messageId);
    }

    /// <summary>Whether the log still had the record that wrote a trait of the held state.</summary>
    public bool HasFound(RecordPosition write) => _foundWrites.Contains(Key(write));

    /// <summary>Whether the log still had the event with this messageId, which the held state refers to.</summary>
    public bool HasFound(string messageId) => _foundMessages.Contains(messageId);

    private static (int, long) Key(RecordPosition position) => (position.partition, position.offset);
}

using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Groups.Storage;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>Periodically removes expired offsets, and groups that have neither members nor offsets.</summary>
internal sealed class OffsetCleaner : IAsyncDisposable
{
    private readonly GroupCoordinator _groups;
    private readonly OffsetStore _store;
    private readonly TimeProvider _time;
    private readonly GroupOptions _options;
    private readonly ITimer _timer;

    public OffsetCleaner(GroupCoordinator groups, OffsetStore store, TimeProvider time, GroupOptions options)
    {
        (_groups, _store, _time, _options) = (groups, store, time, options);
        _timer = time.CreateTimer(_ => CleanAll(), null, options.OffsetsRetentionCheckInterval, Timeout.InfiniteTimeSpan);
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void CleanAll()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var group in _groups.Groups)
            lock (group.Gate) Clean(group, now);
        _timer.Change(_options.OffsetsRetentionCheckInterval, Timeout.InfiniteTimeSpan);
    }

    // If the removal cannot be written now, the next round tries again.
    private void Clean(Group group, long now)
    {
        var expired = OffsetRetention.Expired(group, now, (long)_options.OffsetsRetention.TotalMilliseconds);
        if (_store.Remove(group, expired) == ErrorCode.None && OffsetRetention.IsUnused(group)) _groups.Remove(group);
    }
}

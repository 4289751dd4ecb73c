using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>Removes, from time to time, the offsets that have been kept long enough, and groups with neither members nor offsets.</summary>
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

    // What cannot be written now is still due the next time.
    private void Clean(Group group, long now)
    {
        var expired = OffsetRetention.Expired(group, now, (long)_options.OffsetsRetention.TotalMilliseconds);
        if (_store.Remove(group, expired) == ErrorCode.None && OffsetRetention.IsSpent(group)) _groups.Remove(group);
    }
}

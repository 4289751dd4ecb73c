using System.Collections.Concurrent;
using cdp;
using Cdp.Contracts;
using Cdp.Hosting.HotState;
using Cdp.Profiles.History;
using Cdp.Profiles.State;
using Cdp.Profiles.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Observability;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;

namespace Cdp.Profiles.Splitting.Jobs;

/// <summary>How often a failing split job is tried, and how long it waits between attempts.</summary>
public sealed record SplitRetries
{
    public int Attempts { get; init; } = 8;

    /// <summary>The pause after the first failure. It doubles with each further one.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(1);

    public TimeSpan Pause(int failures) => TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Clamp(failures - 1, 0, 20)));
}

/// <summary>
/// The work of a split that takes too long for the loop: waiting until the split can begin or finish, and recomputing its events. The loop itself takes each
/// step when it receives a <see cref="SplitDue"/>. A job keeps everything in memory: after a restart or a rebalance, the owner of the profile starts over from
/// the stored profile. A failing job is retried with growing pauses, then given up until the next start. It does not block other jobs.
/// </summary>
public sealed partial class SplitJobs(
    KafkaOptions kafka,
    AvroCodec codec,
    Generations generations,
    SplitStore splits,
    Folding folding,
    Readiness readiness,
    ILogger<SplitJobs> logger,
    SplitRetries? retries = null) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (int Partition, CancellationTokenSource Stopping)> _running = new();
    private readonly ConcurrentDictionary<long, Recomputation> _recomputed = new();
    private readonly ConcurrentDictionary<string, (int Partition, string Reason)> _givenUp = new();
    private readonly SplitRetries _retries = retries ?? new SplitRetries();
    private readonly ProfileReader _profiles = new(codec, folding);
    // A job reads the log. Running one at a time leaves the loop its share of the machine.
    private readonly SemaphoreSlim _turn = new(1);
    private readonly EventHistory _history = new(kafka, codec);
    private readonly LogLimiter _limiter = new(TimeProvider.System);
    // What jobs are waiting for: the end of an outage, or the loop. Null once a step has succeeded again.
    private string? _waiting;

    public SplittingView View() => new(_profiles.Codec) { Recomputed = _recomputed };

    /// <summary>The current end offsets of events.identified.</summary>
    public Task<IList<RecordPosition>> EndsAsync(CancellationToken stopping) => Task.Run(_history.Ends, stopping);

    /// <summary>Starts the job of a profile that has, or may have, a pending split, unless it runs or was given up.</summary>
    public void Start(int partition, string profileId)
    {
        if (_givenUp.ContainsKey(profileId)) return;
        var stopping = new CancellationTokenSource();
        if (!_running.TryAdd(profileId, (partition, stopping))) return;
        _ = Task.Run(() => RunAsync(partition, profileId, stopping), CancellationToken.None);
    }

    public void Revoked(IReadOnlyCollection<int> partitions)
    {
        foreach (var (profileId, job) in _running.Where(job => partitions.Contains(job.Value.Partition)).ToList())
        {
            _running.TryRemove(new(profileId, job));
            job.Stopping.Cancel();
        }
        foreach (var (profileId, _) in _givenUp.Where(split => partitions.Contains(split.Value.Partition)).ToList())
        {
            _givenUp.TryRemove(profileId, out _);
        }
        ReportWaiting(null);
        ReportGivenUp();
    }

    public void Dispose()
    {
        foreach (var job in _running.Values) job.Stopping.Cancel();
        _running.Clear();
        _turn.Dispose();
    }

    private async Task RunAsync(int partition, string profileId, CancellationTokenSource own)
    {
        var (stopping, failures) = (own.Token, 0);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await FindAsync(partition, profileId) is not { pending.Count: > 0 } profile)
                {
                    await EndAsync(partition, profileId, own);
                    return;
                }
                if (Splits.Next(profile) is { } split)
                {
                    await StepAsync(partition, profile, split, stopping);
                    failures = 0;
                    ReportWaiting(null);
                }
                else await Task.Delay(Pause, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            // Catches everything: nothing awaits this task, so an exception that escaped would go unnoticed.
            catch (Exception e)
            {
                // Outages pass. Any other failure may repeat, so it counts.
                if (!IsOutage(e)) failures++;
                if (failures >= _retries.Attempts && await ReportFailureAsync(partition, profileId, e))
                {
                    GiveUp(partition, profileId, own, e);
                    return;
                }
                LogFailure(profileId, e);
                ProfileMeters.SplitFailed();
                await Task.Delay(_retries.Pause(failures), CancellationToken.None);
            }
        }
    }

    private async Task EndAsync(int partition, string profileId, CancellationTokenSource own)
    {
        await splits.RemoveAsync(partition, profileId);
        // Removes this job only, not one that was started for the profile after a rebalance.
        _running.TryRemove(new(profileId, (partition, own)));
        // Reading and removing succeeded, so there is no outage.
        ReportWaiting(null);
        // The profile may have got another split between the read and the removal.
        if (await FindAsync(partition, profileId) is not { pending.Count: > 0 }) return;
        await splits.AddAsync(partition, [profileId]);
        Start(partition, profileId);
    }

    private async Task StepAsync(int partition, Profile profile, PendingSplit split, CancellationToken stopping)
    {
        await _turn.WaitAsync(stopping);
        try
        {
            using var progress = new GroupProgress(kafka, ProfilesLoop.Options.Group, ProfilesLoop.Options.Inputs);
            await Task.Run(() => progress.SettleAsync(Splits.MaxHops(profile, split), ReportWaiting, stopping), stopping);
            // Read again: events that arrived during the wait were folded into the state that the split holds.
            if (PendingSplits.HasBegun(split)
                && await FindAsync(partition, profile.profileId) is { } now
                && PendingSplits.Find(now, split.sequence) is { } settled)
            {
                _recomputed[split.sequence] = await Task.Run(() => Recompute(profile.profileId, settled, stopping), stopping);
            }
        }
        finally
        {
            _turn.Release();
        }
        await RequestStepAsync(profile.profileId, split.sequence, stopping);
        try
        {
            for (var started = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(started) < StepTimeout;)
            {
                var after = await FindAsync(partition, profile.profileId);
                if (after is null || PendingSplits.Find(after, split.sequence) is not { } current) return;
                if (PendingSplits.HasBegun(current) != PendingSplits.HasBegun(split)) return;
                await Task.Delay(Pause, stopping);
            }
        }
        finally
        {
            if (PendingSplits.HasBegun(split)) _recomputed.TryRemove(split.sequence, out _);
        }
        throw new InvalidOperationException(
            $"the step of decision {split.sequence} had no effect within {StepTimeout.TotalSeconds} s; check the topic dead for its SplitDue record");
    }

    private static bool IsOutage(Exception e) => Redis.IsOutage(e) || Outages.IsUnavailable(e, CancellationToken.None);

    // Returns false if the failure could not be reported. The job is given up only after that, or callers of the unmerge API would wait forever.
    private async Task<bool> ReportFailureAsync(int partition, string profileId, Exception e)
    {
        try
        {
            var sequences = await _profiles.PendingAsync(await generations.CurrentAsync(), partition, profileId);
            foreach (var sequence in sequences) await splits.ReportFailureAsync(sequence, e.Message);
            return true;
        }
        catch (Exception failure)
        {
            // The sequences of its splits cannot be read from an unreadable profile. So there is no sequence under which to report the failure.
            return !IsOutage(failure);
        }
    }

    private void GiveUp(int partition, string profileId, CancellationTokenSource own, Exception e)
    {
        _givenUp[profileId] = (partition, e.Message);
        _running.TryRemove(new(profileId, (partition, own)));
        LogGivenUp(profileId, _retries.Attempts, e);
        ProfileMeters.SplitFailed();
        ReportWaiting(null);
        ReportGivenUp();
    }

    // During an outage every job fails about once a second. The log reports it once a minute, and /health/ready until a job makes progress.
    private void LogFailure(string profileId, Exception e)
    {
        if (!IsOutage(e) || _limiter.IsDue("outage")) LogFailed(profileId, e.Message);
        if (IsOutage(e)) ReportWaiting(e.Message);
    }

    private void ReportWaiting(string? reason)
    {
        if (Interlocked.Exchange(ref _waiting, reason) != reason) ReportGivenUp();
    }

    // The service stays ready, because all other profiles are served.
    private void ReportGivenUp()
    {
        ProfileMeters.SplitsGivenUp(_givenUp.Count);
        List<string> details = [];
        if (_waiting is { } reason) details.Add($"waiting: {reason}");
        if (_givenUp.FirstOrDefault() is { Key: { } profileId, Value: var first })
            details.Add($"{_givenUp.Count} given up until the next start, such as the split of profile {profileId}: {first.Reason}");
        readiness.Report("splits", true, string.Join("; ", details));
    }

    private Recomputation Recompute(string profileId, PendingSplit split, CancellationToken stopping)
    {
        var before = _profiles.Codec.Decode(split.before);
        var recomputed = new Recomputation(profileId, split, before, folding);
        var ranges = from first in before.since
                     join cut in split.cuts on first.partition equals cut.partition
                     select new HistoryRange(first.partition, first.offset, cut.offset);
        var reached = _history.Read([.. ranges], split.family.ToHashSet(), recomputed.Add, stopping);
        recomputed.ReachesFrom = reached
            .Where(reach => before.since.Any(first => first.partition == reach.Partition && first.offset < reach.From))
            .Max(reach => reach.At);
        return recomputed;
    }

    private async Task<Profile?> FindAsync(int partition, string profileId) =>
        (await _profiles.FindAsync(await generations.CurrentAsync(), partition, profileId))?.Profile;

    private async Task RequestStepAsync(string profileId, long sequence, CancellationToken stopping)
    {
        using var writer = new RecordWriter(kafka);
        await writer.WriteAsync(codec, Topics.ProfilesTransfers, profileId, new SplitDue { profileId = profileId, sequence = sequence }, stopping: stopping);
    }

    [LoggerMessage(LogLevel.Warning, "The split of profile {ProfileId} failed and will be retried: {Reason}")]
    private partial void LogFailed(string profileId, string reason);

    [LoggerMessage(
        LogLevel.Error,
        "The split of profile {ProfileId} failed {Attempts} times and will not be retried before the next start. The profile keeps counting events as before")]
    private partial void LogGivenUp(string profileId, int attempts, Exception exception);
}

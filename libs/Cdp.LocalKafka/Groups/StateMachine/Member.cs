using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;

namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>
/// One member of a group, and the responses it waits for. Guarded by its group's lock. Times are milliseconds of the coordinator's clock.
/// </summary>
internal sealed class Member(string id, string? instanceId, MemberSettings settings, string clientId, string clientHost)
{
    private TaskCompletionSource<JoinGroupResponse>? _join;
    private TaskCompletionSource<SyncGroupResponse>? _sync;

    public string Id { get; set; } = id;
    public string? InstanceId { get; } = instanceId;
    public string ClientId { get; } = clientId;
    public string ClientHost { get; } = clientHost;
    public MemberSettings Settings { get; set; } = settings;
    public int SessionTimeoutMs => Settings.SessionTimeoutMs;
    public int RebalanceTimeoutMs => Settings.RebalanceTimeoutMs;
    public IReadOnlyList<(string Name, byte[] Metadata)> Protocols => Settings.Protocols;
    public byte[] Assignment { get; set; } = [];

    /// <summary>The member has not been in a generation yet. It has no id to send heartbeats with, so only its join can time out.</summary>
    public bool IsNew { get; set; }

    /// <summary>When the member is removed if nothing is received from it before then.</summary>
    public long Deadline { get; set; }

    public bool AwaitsJoin => _join is not null;
    public bool AwaitsSync => _sync is not null;

    /// <summary>Returns the response to the member's join. An earlier join that is still waiting was retried, so its response is never read.</summary>
    public Task<JoinGroupResponse> AwaitJoin()
    {
        AnswerJoin(new JoinGroupResponse { ErrorCode = ErrorCode.RebalanceInProgress, MemberId = Id });
        _join = new TaskCompletionSource<JoinGroupResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _join.Task;
    }

    /// <summary>Returns the response to the member's sync.</summary>
    public Task<SyncGroupResponse> AwaitSync()
    {
        AnswerSync(new SyncGroupResponse { ErrorCode = ErrorCode.RebalanceInProgress });
        _sync = new TaskCompletionSource<SyncGroupResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _sync.Task;
    }

    public void AnswerJoin(JoinGroupResponse response)
    {
        _join?.SetResult(response);
        _join = null;
    }

    public void AnswerSync(SyncGroupResponse response)
    {
        _sync?.SetResult(response);
        _sync = null;
    }

    public bool Matches(JoinGroupRequest request) =>
        Protocols.Count == (request.Protocols?.Count ?? 0)
        && Protocols.Zip(request.Protocols ?? []).All(pair =>
            pair.First.Name == pair.Second.Name && pair.First.Metadata.AsSpan().SequenceEqual(pair.Second.Metadata.GetValueOrDefault().Span));

    public byte[] MetadataFor(string? protocol) => Protocols.FirstOrDefault(p => p.Name == protocol).Metadata ?? [];
}

using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>One member of a group, and the answers it waits for. Guarded by its group's lock. Times are milliseconds of the coordinator's clock.</summary>
internal sealed class Member(string id, string? instanceId, MemberTerms terms, string clientId, string clientHost)
{
    private TaskCompletionSource<JoinGroupResponse>? _join;
    private TaskCompletionSource<SyncGroupResponse>? _sync;

    public string Id { get; set; } = id;
    public string? InstanceId { get; } = instanceId;
    public string ClientId { get; } = clientId;
    public string ClientHost { get; } = clientHost;
    public MemberTerms Terms { get; set; } = terms;
    public int SessionTimeoutMs => Terms.SessionTimeoutMs;
    public int RebalanceTimeoutMs => Terms.RebalanceTimeoutMs;
    public IReadOnlyList<(string Name, byte[] Metadata)> Protocols => Terms.Protocols;
    public byte[] Assignment { get; set; } = [];

    /// <summary>It has not been in a generation yet, so it has no id to send heartbeats with; only its join can time out.</summary>
    public bool IsNew { get; set; }

    /// <summary>When it counts as gone unless it is heard of before.</summary>
    public long Deadline { get; set; }

    public bool AwaitsJoin => _join is not null;
    public bool AwaitsSync => _sync is not null;

    /// <summary>The next answer to a join. A join that still waits is a retry's predecessor: nobody reads its answer.</summary>
    public Task<JoinGroupResponse> AwaitJoin()
    {
        AnswerJoin(new JoinGroupResponse { ErrorCode = ErrorCode.RebalanceInProgress, MemberId = Id });
        _join = new TaskCompletionSource<JoinGroupResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _join.Task;
    }

    /// <summary>The next answer to a sync.</summary>
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

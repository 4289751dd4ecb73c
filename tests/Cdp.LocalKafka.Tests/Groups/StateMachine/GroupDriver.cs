using System.Text;
using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;

namespace Cdp.LocalKafka.Tests.Groups.StateMachine;

/// <summary>Drives one group's state machine with its own clock, in milliseconds.</summary>
internal sealed class GroupDriver
{
    public const int Session = 10_000;
    public const int Rebalance = 30_000;

    private readonly GroupOptions _options;

    public GroupDriver(int initialDelayMs = 0, int maxSize = int.MaxValue)
    {
        _options = new GroupOptions { InitialRebalanceDelay = TimeSpan.FromMilliseconds(initialDelayMs), MaxSize = maxSize };
        Group = new Group("g", _options, Save);
    }

    public Group Group { get; private set; }

    /// <summary>The states that the group saved, in order.</summary>
    public List<GroupSnapshot> Saved { get; } = [];

    /// <summary>The result of the next save.</summary>
    public ErrorCode SaveError { get; set; }

    public long Now { get; set; } = 1_000;

    public Task<JoinGroupResponse> Join(string memberId = "", string? instance = null, short version = 9, string metadata = "m", params string[] protocols) =>
        Group.Join(Request(memberId, instance, metadata, protocols), version, "client", "/127.0.0.1", Now);

    /// <summary>A new dynamic member joins twice: first to get its id (KIP-394), then with that id.</summary>
    public (string Id, Task<JoinGroupResponse> Joined) Enter(string metadata = "m", params string[] protocols)
    {
        var id = Answer(Join(metadata: metadata, protocols: protocols)).MemberId;
        return (id, Join(id, metadata: metadata, protocols: protocols));
    }

    public Task<SyncGroupResponse> Sync(string memberId, int generation, params (string Member, string Assignment)[] assignments) =>
        Group.Sync(SyncRequest(memberId, generation, null, assignments), Now);

    public Task<SyncGroupResponse> SyncStatic(string memberId, string instance, int generation, params (string Member, string Assignment)[] assignments) =>
        Group.Sync(SyncRequest(memberId, generation, instance, assignments), Now);

    public ErrorCode Heartbeat(string memberId, int generation, string? instance = null) => Group.Heartbeat(
        new HeartbeatRequest { GroupId = "g", MemberId = memberId, GenerationId = generation, GroupInstanceId = instance }, Now);

    public ErrorCode Leave(string memberId, string? instance = null) =>
        Group.Leave([new LeavingMember { MemberId = memberId, GroupInstanceId = instance }], Now).Members![0].ErrorCode;

    /// <summary>The broker dies and restarts: only the last saved state of the group is left.</summary>
    public void Crash()
    {
        Group.Close();
        Group = new Group("g", _options, Save);
        if (Saved.Count > 0) Group.Restore(Saved[^1]);
        Group.StartSessions(Now);
    }

    public void Advance(long milliseconds)
    {
        var until = Now + milliseconds;
        while (Group.NextDeadline <= until)
        {
            Now = Math.Max(Now, Group.NextDeadline);
            Group.Expire(Now);
        }
        Now = until;
    }

    /// <summary>A group whose members have all joined and have assignments; the first is the leader.</summary>
    public List<string> Stable(int members)
    {
        var ids = Enumerable.Range(0, members).Select(_ => Answer(Join()).MemberId).ToList();
        var joined = ids.ConvertAll(id => Join(id));
        var generation = Answer(joined[0]).GenerationId;
        var synced = ids.ConvertAll(id => Sync(id, generation, [.. ids.Select(member => (member, "a-" + member))]));
        foreach (var sync in synced) Assert.Equal(ErrorCode.None, Answer(sync).ErrorCode);
        Assert.Equal(GroupState.Stable, Group.State);
        return ids;
    }

    public static T Answer<T>(Task<T> answer)
    {
        Assert.True(answer.IsCompletedSuccessfully, "no answer yet");
        return answer.Result;
    }

    public static string Text(ReadOnlyMemory<byte>? bytes) => Encoding.UTF8.GetString(bytes.GetValueOrDefault().Span);

    private ErrorCode Save(Group group)
    {
        if (SaveError == ErrorCode.None) Saved.Add(group.Snapshot());
        return SaveError;
    }

    private static JoinGroupRequest Request(string memberId, string? instance, string metadata, string[] protocols) => new()
    {
        GroupId = "g",
        MemberId = memberId,
        GroupInstanceId = instance,
        SessionTimeoutMs = Session,
        RebalanceTimeoutMs = Rebalance,
        ProtocolType = "consumer",
        Protocols = [.. protocols.DefaultIfEmpty("range").Select(p => new JoinGroupProtocol { Name = p, Metadata = Encoding.UTF8.GetBytes(metadata) })],
    };

    private static SyncGroupRequest SyncRequest(string memberId, int generation, string? instance, (string Member, string Assignment)[] assignments) => new()
    {
        GroupId = "g",
        MemberId = memberId,
        GenerationId = generation,
        GroupInstanceId = instance,
        Assignments = [.. assignments.Select(a => new SyncGroupAssignment { MemberId = a.Member, Assignment = Encoding.UTF8.GetBytes(a.Assignment) })],
    };
}

using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Groups;

namespace Cdp.LocalKafka.Tests.Groups.StateMachine;

/// <summary>
/// Members join, sync, send heartbeats, fall silent and leave in random order; in some scenarios the broker dies too. The seed names the scenario.
/// </summary>
[Trait("tier", "integration")]
public sealed class GroupRandomTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Group_RandomSteps_EverySyncGetsTheAssignmentOfItsGeneration(int seed)
    {
        var random = new Random(seed);
        var driver = new GroupDriver(initialDelayMs: seed % 2 * 50);
        var crashes = seed % 3 == 0;
        var clients = Enumerable.Range(0, 5).Select(i => new Client(driver, i < 2 ? $"i{i}" : null)).ToList();

        for (var step = 0; step < 400; step++)
        {
            clients[random.Next(clients.Count)].Act(random);
            if (random.Next(3) == 0) driver.Advance(random.Next(4_000));
            if (crashes && random.Next(60) == 0) driver.Crash();
            // After a crash the group may return to the previous generation and use the next number again.
            if (!crashes) Assert.All(clients, client => Assert.True(client.Generation <= driver.Group.Generation));
        }

        // No member sends anything any more: sessions and phases time out, and no request may be left waiting.
        driver.Advance(10 * 60_000);
        Assert.Equal(GroupState.Empty, driver.Group.State);
        Assert.Equal(long.MaxValue, driver.Group.NextDeadline);
        Assert.All(clients.SelectMany(c => c.Requests), request => Assert.True(request.IsCompletedSuccessfully));
        Assert.NotEmpty(clients.SelectMany(c => c.Assignments));
        Assert.All(clients.SelectMany(c => c.Assignments), sync => Assert.Equal(sync.Expected, sync.Got));
    }

    private sealed class Client(GroupDriver driver, string? instance)
    {
        private string _id = "";
        private Task<JoinGroupResponse>? _join;
        private Task<SyncGroupResponse>? _sync;

        public int Generation { get; private set; }
        public List<Task> Requests { get; } = [];
        public List<(string Expected, string Got)> Assignments { get; } = [];

        public void Act(Random random)
        {
            if (_join is { IsCompleted: false } || _sync is { IsCompleted: false }) return;
            if (_join is not null) Joined(_join.Result);
            else if (_sync is not null) Synced(_sync.Result);
            else if (Generation == 0) Join();
            else if (random.Next(20) == 0) Forget(random.Next(2) == 0);
            else if (random.Next(15) == 0) Join();
            else if (driver.Heartbeat(_id, Generation, instance) is not ErrorCode.None and var error) Refused(error);
        }

        private void Join()
        {
            Generation = 0;
            _join = driver.Join(_id, instance);
            Requests.Add(_join);
        }

        private void Joined(JoinGroupResponse joined)
        {
            _join = null;
            if (joined.ErrorCode is ErrorCode.None or ErrorCode.MemberIdRequired) _id = joined.MemberId;
            if (joined.ErrorCode == ErrorCode.UnknownMemberId) _id = "";
            if (joined.ErrorCode != ErrorCode.None) return;
            Generation = joined.GenerationId;
            var assignments = joined.SkipAssignment ? [] : joined.Members!.Select(m => (m.MemberId, $"{joined.GenerationId}/{m.MemberId}"));
            _sync = instance is null ? driver.Sync(_id, Generation, [.. assignments]) : driver.SyncStatic(_id, instance, Generation, [.. assignments]);
            Requests.Add(_sync);
        }

        private void Synced(SyncGroupResponse synced)
        {
            _sync = null;
            if (synced.ErrorCode != ErrorCode.None) Refused(synced.ErrorCode);
            // A static member that returned gets the assignment of its former self.
            else if (instance is null) Assignments.Add(($"{Generation}/{_id}", GroupDriver.Text(synced.Assignment)));
        }

        private void Refused(ErrorCode error)
        {
            Generation = 0;
            if (error == ErrorCode.UnknownMemberId) _id = "";
        }

        private void Forget(bool leave)
        {
            if (leave) driver.Leave(_id, instance);
            (_id, Generation) = ("", 0);
        }
    }
}

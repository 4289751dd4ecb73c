using System.Text;
using Cdp.Contracts;
using Cdp.Profiles.Storing;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Storing;

public sealed class ProfileStoreTests(Stack stack) : IClassFixture<Stack>
{
    private const int Partition = 4;

    public static TheoryData<string> Redises => Stack.Redises;

    private readonly HotState _keys = new($"t{Guid.NewGuid():N}:");

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Write_NewerRecords_AreReadBackWithThePosition(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);

        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(Partition, ProfileStore.Nowhere, [Record("a", "A", 3), Record("b", "B\0é", 5)]));
        Assert.Equal(5, await store.PositionAsync(Partition));
        Assert.Equal([("a", "A"), ("b", "B\0é"), ("c", null)], await Read(store, ["a", "b", "c"], 5));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Write_LateWriter_WritesNothing(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        await store.WriteAsync(Partition, ProfileStore.Nowhere, [Record("a", "new", 9)]);

        Assert.Equal(WriteOutcome.Late, await store.WriteAsync(Partition, ProfileStore.Nowhere, [Record("a", "old", 7), Record("b", "old", 8)]));
        Assert.Equal(WriteOutcome.Late, await store.WriteAsync(Partition, ProfileStore.Nowhere, [Record("a", "same", 9)]));
        Assert.Equal([("a", "new"), ("b", null)], await Read(store, ["a", "b"], 9));
        Assert.Equal(9, await store.PositionAsync(Partition));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Write_RedisFellBack_WritesNothingBecauseItWouldLeaveAGap(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        await store.WriteAsync(Partition, ProfileStore.Nowhere, [Record("a", "A", 3)]);

        Assert.Equal(WriteOutcome.Behind, await store.WriteAsync(Partition, 8, [Record("a", "A2", 9)]));
        Assert.Equal(3, await store.PositionAsync(Partition));
        Assert.Equal([("a", "A")], await Read(store, ["a"], 3));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Write_MoreThanAChunk_AllAreThereAndARepetitionChangesNothing(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        StoredProfile[] records = [.. Enumerable.Range(0, 1_500).Select(i => Record($"p{i}", $"v{i}", 10 + i))];

        // An earlier attempt that ended between two chunks.
        await store.WriteAsync(Partition, ProfileStore.Nowhere, [.. records.Take(300)]);
        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(Partition, ProfileStore.Nowhere, records));
        Assert.Equal(WriteOutcome.Late, await store.WriteAsync(Partition, ProfileStore.Nowhere, records));
        Assert.Equal(records[^1].Offset, await store.PositionAsync(Partition));
        Assert.Equal(records.Select(record => (record.ProfileId, (string?)$"v{record.ProfileId[1..]}")), await Read(store, [.. records.Select(record => record.ProfileId)], 0));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Write_LargeRecords_AllAreThere(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        var large = new string('x', 900_000);

        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(Partition, ProfileStore.Nowhere, [Record("a", large, 1), Record("b", large, 2), Record("c", "C", 3)]));
        Assert.Equal([("a", large), ("b", large), ("c", "C")], await Read(store, ["a", "b", "c"], 3));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Write_SuccessorTookOverBetweenTwoChunks_RestIsLate(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        await store.WriteAsync(Partition, ProfileStore.Nowhere, [Record("a", "A", 1)]);
        await store.WriteAsync(Partition, 1, [Record("b", "B", 2), Record("a", "A3", 3)]);

        Assert.Equal(WriteOutcome.Late, await store.WriteAsync(Partition, 1, [Record("b", "B", 2)]));
        Assert.Equal([("a", "A3"), ("b", "B")], await Read(store, ["a", "b"], 3));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Write_Tombstone_Deletes(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        await store.WriteAsync(Partition, ProfileStore.Nowhere, [Record("a", "A", 1), new StoredProfile("a", null, 2)]);

        Assert.Equal([("a", null)], await Read(store, ["a"], 2));
        Assert.Equal(WriteOutcome.Written, await store.MoveAsync(Partition, 2, 7));
        Assert.Equal(7, await store.PositionAsync(Partition));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task Read_RedisFellBack_AnswersNull(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        Assert.NotNull(await store.ReadAsync(Partition, ["a"], ProfileStore.Nowhere));
        await store.WriteAsync(Partition, ProfileStore.Nowhere, [Record("a", "A", 3)]);

        Assert.NotNull(await store.ReadAsync(Partition, ["a"], 3));
        Assert.Null(await store.ReadAsync(Partition, ["a"], 4));
        await connection.GetDatabase().KeyDeleteAsync([_keys.ProfilesPosition(Partition), _keys.Profile(Partition, "a")]);
        Assert.Null(await store.ReadAsync(Partition, ["a"], 3));
    }

    private static StoredProfile Record(string profileId, string value, long offset) => new(profileId, Encoding.UTF8.GetBytes(value), offset);

    private static async Task<IEnumerable<(string, string?)>> Read(ProfileStore store, string[] profileIds, long known) =>
        (await store.ReadAsync(Partition, profileIds, known))!.Select(profile => (profile.ProfileId, profile.Bytes is { } bytes ? Encoding.UTF8.GetString(bytes) : null));
}

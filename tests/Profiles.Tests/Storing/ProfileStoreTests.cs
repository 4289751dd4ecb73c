using System.Text;
using Cdp.Contracts;
using Cdp.Profiles.Storing;
using StackExchange.Redis;

namespace Cdp.Profiles.Tests.Storing;

[Trait("tier", "integration")]
public sealed class ProfileStoreTests(Stack stack) : IClassFixture<Stack>
{
    private const int Partition = 4;

    public static TheoryData<string> Redises => Stack.Redises;

    private readonly HotStateKeys _keys = new($"t{Guid.NewGuid():N}:");

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task WriteAsync_NewerRecords_AreReadBackWithThePosition(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);

        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(Partition, ProfileStore.NoPosition, [Record("a", "A", 3), Record("b", "B\0é", 5)]));
        Assert.Equal(5, await store.PositionAsync(Partition));
        Assert.Equal([("a", "A"), ("b", "B\0é"), ("c", null)], await ReadAsync(store, ["a", "b", "c"], 5));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task WriteAsync_OlderRecords_AreNotWritten(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        await store.WriteAsync(Partition, ProfileStore.NoPosition, [Record("a", "new", 9)]);

        Assert.Equal(WriteOutcome.Late, await store.WriteAsync(Partition, ProfileStore.NoPosition, [Record("a", "old", 7), Record("b", "old", 8)]));
        Assert.Equal(WriteOutcome.Late, await store.WriteAsync(Partition, ProfileStore.NoPosition, [Record("a", "same", 9)]));
        Assert.Equal([("a", "new"), ("b", null)], await ReadAsync(store, ["a", "b"], 9));
        Assert.Equal(9, await store.PositionAsync(Partition));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task WriteAsync_RedisFellBack_WritesNothingSoThatNoGapArises(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        await store.WriteAsync(Partition, ProfileStore.NoPosition, [Record("a", "A", 3)]);

        Assert.Equal(WriteOutcome.Behind, await store.WriteAsync(Partition, 8, [Record("a", "A2", 9)]));
        Assert.Equal(3, await store.PositionAsync(Partition));
        Assert.Equal([("a", "A")], await ReadAsync(store, ["a"], 3));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task WriteAsync_SeveralChunks_WritesAllAndRetryChangesNothing(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        StoredProfile[] records = [.. Enumerable.Range(0, 1_500).Select(i => Record($"p{i}", $"v{i}", 10 + i))];

        // An earlier attempt was interrupted between two chunks.
        await store.WriteAsync(Partition, ProfileStore.NoPosition, [.. records.Take(300)]);
        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(Partition, ProfileStore.NoPosition, records));
        Assert.Equal(WriteOutcome.Late, await store.WriteAsync(Partition, ProfileStore.NoPosition, records));
        Assert.Equal(records[^1].Offset, await store.PositionAsync(Partition));
        var expected = records.Select(record => (record.ProfileId, (string?)$"v{record.ProfileId[1..]}"));
        Assert.Equal(expected, await ReadAsync(store, [.. records.Select(record => record.ProfileId)], 0));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task WriteAsync_LargeRecords_WritesAll(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        var large = new string('x', 900_000);

        StoredProfile[] records = [Record("a", large, 1), Record("b", large, 2), Record("c", "C", 3)];

        Assert.Equal(WriteOutcome.Written, await store.WriteAsync(Partition, ProfileStore.NoPosition, records));
        Assert.Equal([("a", large), ("b", large), ("c", "C")], await ReadAsync(store, ["a", "b", "c"], 3));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task WriteAsync_NextOwnerWroteBetweenChunks_RestIsLate(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        await store.WriteAsync(Partition, ProfileStore.NoPosition, [Record("a", "A", 1)]);
        await store.WriteAsync(Partition, 1, [Record("b", "B", 2), Record("a", "A3", 3)]);

        Assert.Equal(WriteOutcome.Late, await store.WriteAsync(Partition, 1, [Record("b", "B", 2)]));
        Assert.Equal([("a", "A3"), ("b", "B")], await ReadAsync(store, ["a", "b"], 3));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task WriteAsync_Tombstone_DeletesTheProfile(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        await store.WriteAsync(Partition, ProfileStore.NoPosition, [Record("a", "A", 1), new StoredProfile("a", null, 2)]);

        Assert.Equal([("a", null)], await ReadAsync(store, ["a"], 2));
        Assert.Equal(WriteOutcome.Written, await store.MovePositionAsync(Partition, 2, 7));
        Assert.Equal(7, await store.PositionAsync(Partition));
    }

    [Theory]
    [MemberData(nameof(Redises))]
    public async Task ReadAsync_RedisFellBack_ReturnsNull(string redis)
    {
        await using var connection = await stack.ConnectAsync(redis);
        var store = new ProfileStore(connection, _keys);
        Assert.NotNull(await store.ReadAsync(Partition, ["a"], ProfileStore.NoPosition));
        await store.WriteAsync(Partition, ProfileStore.NoPosition, [Record("a", "A", 3)]);

        Assert.NotNull(await store.ReadAsync(Partition, ["a"], 3));
        Assert.Null(await store.ReadAsync(Partition, ["a"], 4));
        await connection.GetDatabase().KeyDeleteAsync([_keys.ProfilesPosition(Partition), _keys.Profile(Partition, "a")]);
        Assert.Null(await store.ReadAsync(Partition, ["a"], 3));
    }

    private static StoredProfile Record(string profileId, string value, long offset) => new(profileId, Encoding.UTF8.GetBytes(value), offset);

    private static async Task<IEnumerable<(string, string?)>> ReadAsync(ProfileStore store, string[] profileIds, long known)
    {
        var profiles = await store.ReadAsync(Partition, profileIds, known);
        return profiles!.Select(profile => (profile.ProfileId, profile.Bytes is { } bytes ? Encoding.UTF8.GetString(bytes) : null));
    }
}

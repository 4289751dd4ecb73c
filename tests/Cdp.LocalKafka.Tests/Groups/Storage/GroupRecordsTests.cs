using Cdp.LocalKafka.Groups.StateMachine;
using Cdp.LocalKafka.Groups.Storage;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Groups.Storage;

public sealed class GroupRecordsTests
{
    [Fact]
    public void Key_Group_HasKafkasBytes()
    {
        Assert.Equal([0, 2, 0, 1, (byte)'g'], GroupRecords.Key("g"));
        Assert.True(GroupRecords.TryReadKey(GroupRecords.Key("g"), out var group));
        Assert.Equal("g", group);
    }

    [Fact]
    public void TryReadKey_OtherKindOfKey_ReturnsFalse()
    {
        Assert.False(GroupRecords.TryReadKey(OffsetRecords.Key("g", new TopicPartition("t", 0)), out _));
        Assert.False(OffsetRecords.TryReadKey(GroupRecords.Key("g"), out _, out _));
        Assert.False(GroupRecords.TryReadKey([2], out _));
    }

    [Fact]
    public void Value_Group_HasKafkasBytesAndRoundTrips()
    {
        var group = new GroupSnapshot("p", 7, "r", "m", 5, [new MemberSnapshot("m", "i", "c", "h", 3, 4, [1], [2, 3])]);

        var value = GroupRecords.Value(group);

        Assert.Equal(
            [
                0, 3, .. Text("p"), 0, 0, 0, 7, .. Text("r"), .. Text("m"), 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1,
                .. Text("m"), .. Text("i"), .. Text("c"), .. Text("h"), 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1, 1, 0, 0, 0, 2, 2, 3,
            ],
            value);
        Assert.Equivalent(group, GroupRecords.ReadValue(value), strict: true);
    }

    [Fact]
    public void ReadValue_OlderVersion_HasDefaultsForNewerFields()
    {
        byte[] version0 =
        [
            0, 0, .. Text("p"), 0, 0, 0, 7, .. Text("r"), .. Text("m"), 0, 0, 0, 1,
            .. Text("m"), .. Text("c"), .. Text("h"), 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0,
        ];

        var read = GroupRecords.ReadValue(version0);

        Assert.Null(read.StateTimestamp);
        Assert.Equivalent(new MemberSnapshot("m", null, "c", "h", -1, 4, [], []), Assert.Single(read.Members), strict: true);
    }

    [Fact]
    public void Value_OffsetWithExpiry_IsWrittenInVersion1()
    {
        var plain = new CommittedOffset(1, 2, "note", 3, null, 9);
        var expiring = new CommittedOffset(1, -1, "note", 3, 4, 9);

        Assert.Equal([0, 3], OffsetRecords.Value(plain)[..2]);
        Assert.Equal([0, 1], OffsetRecords.Value(expiring)[..2]);
        Assert.Equal(plain, OffsetRecords.ReadValue(OffsetRecords.Value(plain), 9));
        Assert.Equal(expiring, OffsetRecords.ReadValue(OffsetRecords.Value(expiring), 9));
    }

    [Theory]
    [InlineData(new byte[] { 0, 1, 0, 0, 0, 2, 0, 1, (byte)'a', 0, 1, (byte)'b', 99 }, "a,b")]
    [InlineData(new byte[] { 0, 1, 0, 0, 0, 0 }, "")]
    [InlineData(new byte[] { 0, 1, 0, 0, 0, 2, 0, 1 }, null)]
    [InlineData(new byte[] { 0, 1, 255, 255, 255, 255 }, null)]
    [InlineData(new byte[] { 0 }, null)]
    public void Topics_Subscription_AreItsFirstField(byte[] subscription, string? topics) =>
        Assert.Equal(topics, ConsumerProtocol.Topics(subscription) is { } read ? string.Join(',', read) : null);

    // All strings here are one letter long.
    private static byte[] Text(string text) => [0, 1, (byte)text[0]];
}

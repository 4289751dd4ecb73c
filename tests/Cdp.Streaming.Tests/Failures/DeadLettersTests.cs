using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Records;
using Confluent.Kafka;
using CsCheck;
using Xunit;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming.Tests.Failures;

/// <summary>A dead letter always fits, and says what it omits.</summary>
public sealed class DeadLettersTests
{
    private const int Framing = 5;

    [Fact]
    public void Of_SizesAroundTheLimit_FitsAndKeepsTheValueIfPossible()
    {
        var overhead = Size(Letter(Record(new byte[SizeLimits.DeadLetter / 2]))) - (SizeLimits.DeadLetter / 2);
        for (var size = SizeLimits.DeadLetter - 2; size <= SizeLimits.DeadLetter + 2; size++)
        {
            var value = RandomNumberGenerator.GetBytes(size - overhead);
            var letter = Letter(Record(value));
            var dead = (DeadRecord)letter.Value;
            Assert.InRange(Size(letter), 1, SizeLimits.DeadLetter);
            if (size <= SizeLimits.DeadLetter)
            {
                Assert.Equal(size, Size(letter));
                Assert.Same(value, dead.value);
                Assert.Equal((null, null), (dead.valueBytes, dead.valueSha256));
                Assert.Empty(dead.omitted);
            }
            else
            {
                Assert.Null(dead.value);
                Assert.Equal(["value"], dead.omitted);
                Assert.Equal(value.Length, dead.valueBytes);
                Assert.Equal(SHA256.HashData(value), dead.valueSha256);
                Assert.Equal([1, 2], dead.headers["h"]);
                Assert.Equal("key"u8.ToArray(), dead.key);
                Assert.Equal("key", letter.Key);
            }
        }
    }

    [Fact]
    public void Of_AnyRecord_FitsIntoASmallLetterWithPositionAndError()
    {
        Gen.Select(Gen.Int[0, 200_000], Gen.Int[0, 200_000], Gen.Int[0, 200_000], Gen.Int[0, 20_000]).Sample(sizes =>
        {
            var (key, value, header, error) = sizes;
            var letter = Letter(
                Record(new byte[value], new byte[key], new byte[header]), DeadLetters.SmallLetter, new InvalidOperationException(new string('e', error)));
            var dead = (DeadRecord)letter.Value;
            return Size(letter) <= DeadLetters.SmallLetter
                && (dead.origin.topic, dead.origin.partition, dead.origin.offset) == ("t", 3, 42L)
                && dead.error.StartsWith("InvalidOperationException: ", StringComparison.Ordinal)
                && dead.omitted.Contains("value") == (dead.value is null);
        });
    }

    [Fact]
    public void Of_RecordWithoutKeyAndValue_OmitsNothing()
    {
        var letter = Letter(new Raw { Topic = "t", Message = new Message<byte[]?, byte[]?>() });
        Assert.Null(letter.Key);
        Assert.Empty(((DeadRecord)letter.Value).omitted);
    }

    [Theory]
    [InlineData(-1), InlineData(0), InlineData(1)]
    public void Text_ErrorAroundTheLimit_IsCutToIt(int beyond)
    {
        const string name = "InvalidOperationException: ";
        var text = DeadLetters.Text(new InvalidOperationException(new string('x', SizeLimits.ErrorCharacters - name.Length + beyond)));
        Assert.Equal(Math.Min(SizeLimits.ErrorCharacters, SizeLimits.ErrorCharacters + beyond), text.Length);
    }

    [Fact]
    public void Text_SurrogatePairAtTheLimit_IsNotSplit()
    {
        const string name = "InvalidOperationException: ";
        var text = DeadLetters.Text(new InvalidOperationException(new string('x', SizeLimits.ErrorCharacters - name.Length - 1) + "😀"));
        Assert.Equal(SizeLimits.ErrorCharacters - 1, text.Length);
        Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
    }

    private static Raw Record(byte[] value, byte[]? key = null, byte[]? header = null) => new()
    {
        Topic = "t",
        Partition = 3,
        Offset = 42,
        Message = new Message<byte[]?, byte[]?> { Key = key ?? "key"u8.ToArray(), Value = value, Headers = new Headers { { "h", header ?? [1, 2] } } },
    };

    private static Outgoing Letter(Raw record, int limit = SizeLimits.DeadLetter, Exception? error = null) =>
        DeadLetters.Of(
            record, "service", error ?? new InvalidOperationException("cannot"), DateTime.UnixEpoch, limit, letter => Encoded((DeadRecord)letter.Value));

    private static int Size(Outgoing letter) => Encoded((DeadRecord)letter.Value) + (letter.Key is null ? 0 : Encoding.UTF8.GetByteCount(letter.Key));

    private static int Encoded(DeadRecord letter)
    {
        var writer = new AvroWriter();
        letter.Write(writer);
        return writer.Written.Length + Framing;
    }
}

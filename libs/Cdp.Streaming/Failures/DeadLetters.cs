using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Records;
using Raw = Confluent.Kafka.ConsumeResult<byte[]?, byte[]?>;

namespace Cdp.Streaming.Failures;

/// <summary>Kafka refuses a dead letter even without the value of the record. Dropping the record is not an option, so the loop ends.</summary>
public sealed class DeadLetterRefusedException(string message, Exception cause) : Exception(message, cause);

/// <summary>Makes dead letters: records of the topic <c>dead</c> with the bytes, position and error of a record that cannot be processed. Pure.</summary>
internal static class DeadLetters
{
    /// <summary>The limit for a letter that the broker has refused because its topic accepts less than configured. Every cluster accepts this much.</summary>
    public const int SmallLetter = 64 * 1024;

    /// <summary>
    /// The dead letter of a record. If it would be too large it omits the value, then the headers as well, then the key, until it fits. It keeps the size and
    /// the SHA-256 of an omitted value.
    /// </summary>
    /// <param name="record">The record that cannot be processed.</param>
    /// <param name="service">The name of the service that cannot process it.</param>
    /// <param name="error">The reason.</param>
    /// <param name="now">The time of the letter.</param>
    /// <param name="limit">The most bytes that the letter's key and value may have together.</param>
    /// <param name="sizeOf">The encoded size of a letter in bytes, its framing included.</param>
    public static Outgoing Of(Raw record, string service, Exception error, DateTime now, int limit, Func<Outgoing, int> sizeOf)
    {
        var dead = new DeadRecord
        {
            origin = Position(record),
            key = record.Message.Key,
            value = record.Message.Value,
            headers = Headers(record),
            service = service,
            error = Text(error),
            diedAt = now,
            omitted = [],
        };
        Action<DeadRecord>[] omissions = [OmitValue, OmitHeaders, OmitKey];
        foreach (var omit in omissions)
        {
            var letter = Letter(dead);
            if (sizeOf(letter) + (RecordKeys.Bytes(letter.Key)?.Length ?? 0) <= limit) return letter;
            omit(dead);
        }
        return Letter(dead);
    }

    /// <summary>The topic, partition and offset of a record.</summary>
    public static RecordPosition Position(Raw record) => new() { topic = record.Topic, partition = record.Partition.Value, offset = record.Offset.Value };

    /// <summary>The error as text, cut to <see cref="SizeLimits.ErrorCharacters"/>.</summary>
    public static string Text(Exception error)
    {
        var text = $"{error.GetType().Name}: {error.Message}";
        if (text.Length <= SizeLimits.ErrorCharacters) return text;
        // Do not cut inside a surrogate pair.
        return text[..(char.IsHighSurrogate(text[SizeLimits.ErrorCharacters - 1]) ? SizeLimits.ErrorCharacters - 1 : SizeLimits.ErrorCharacters)];
    }

    // A new letter after each omission, because a letter caches its encoded bytes.
    private static Outgoing Letter(DeadRecord dead) => new(Topics.Dead, dead.key is null ? null : Encoding.UTF8.GetString(dead.key), dead, partition: null);

    private static Dictionary<string, byte[]> Headers(Raw record)
    {
        var headers = new Dictionary<string, byte[]>();
        foreach (var header in record.Message.Headers ?? []) headers[header.Key] = header.GetValueBytes() ?? [];
        return headers;
    }

    private static void OmitValue(DeadRecord letter)
    {
        if (letter.value is not { } value) return;
        (letter.value, letter.valueBytes, letter.valueSha256) = (null, value.Length, SHA256.HashData(value));
        letter.omitted.Add("value");
    }

    private static void OmitHeaders(DeadRecord letter)
    {
        letter.headers = new Dictionary<string, byte[]>();
        letter.omitted.Add("headers");
    }

    private static void OmitKey(DeadRecord letter)
    {
        letter.key = null;
        letter.omitted.Add("key");
    }
}

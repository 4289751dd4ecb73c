namespace Cdp.Ingestion.Parsing.Tokens;

/// <summary>The members of an event that the wire contract names.</summary>
public enum Member
{
    Unknown,
    Type,
    MessageId,
    AnonymousId,
    UserId,
    PreviousId,
    GroupId,
    Event,
    Name,
    Category,
    Channel,
    OriginalTimestamp,
    Timestamp,
    SentAt,
    Properties,
    Traits,
    Context,
    Integrations,
    WriteKey,
    Historical,
    MergeProperties,
}

public static class Members
{
    public static Member Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        4 when name.SequenceEqual("type"u8) => Member.Type,
        4 when name.SequenceEqual("name"u8) => Member.Name,
        5 when name.SequenceEqual("event"u8) => Member.Event,
        6 when name.SequenceEqual("userId"u8) => Member.UserId,
        6 when name.SequenceEqual("sentAt"u8) => Member.SentAt,
        6 when name.SequenceEqual("traits"u8) => Member.Traits,
        7 when name.SequenceEqual("context"u8) => Member.Context,
        7 when name.SequenceEqual("channel"u8) => Member.Channel,
        7 when name.SequenceEqual("groupId"u8) => Member.GroupId,
        8 when name.SequenceEqual("category"u8) => Member.Category,
        8 when name.SequenceEqual("writeKey"u8) => Member.WriteKey,
        9 when name.SequenceEqual("messageId"u8) => Member.MessageId,
        9 when name.SequenceEqual("timestamp"u8) => Member.Timestamp,
        10 when name.SequenceEqual("properties"u8) => Member.Properties,
        10 when name.SequenceEqual("previousId"u8) => Member.PreviousId,
        10 when name.SequenceEqual("historical"u8) => Member.Historical,
        11 when name.SequenceEqual("anonymousId"u8) => Member.AnonymousId,
        12 when name.SequenceEqual("integrations"u8) => Member.Integrations,
        15 when name.SequenceEqual("mergeProperties"u8) => Member.MergeProperties,
        17 when name.SequenceEqual("originalTimestamp"u8) => Member.OriginalTimestamp,
        _ => Member.Unknown,
    };
}

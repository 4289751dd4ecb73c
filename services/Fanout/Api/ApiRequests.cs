using System.Globalization;
using System.Text.Json;
using cdp;
using Cdp.Fanout.History;
using Cdp.Fanout.Previewing;
using Cdp.Fanout.Resending;

namespace Cdp.Fanout.Api;

/// <summary>The request to list deliveries.</summary>
/// <param name="Query">Which deliveries.</param>
/// <param name="Period">When they ended.</param>
/// <param name="Cursor">Where the page begins; null for the first page.</param>
/// <param name="Limit">The most deliveries in the page.</param>
public sealed record ListRequest(DeliveryQuery Query, Period Period, Cursor? Cursor, int Limit)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1_000;

    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromHours(1);

    /// <summary>Reads the query string.</summary>
    /// <param name="parameter">Returns a parameter by its name; null if it is missing.</param>
    /// <param name="now">The time, in UTC.</param>
    /// <returns>The request, and every fault.</returns>
    public static (ListRequest Request, IReadOnlyList<string> Faults) Read(Func<string, string?> parameter, DateTime now)
    {
        var faults = new List<string>();
        var outcome = parameter("outcome");
        if (outcome is not null && !DeliverySummary.Outcomes.Contains(outcome))
            faults.Add($"outcome is '{outcome}'; it must be one of {string.Join(", ", DeliverySummary.Outcomes)}");
        var since = parameter("since") is { } text ? ApiTime.Parse(text) : null;
        if (since is null && parameter("since") is { } wrong) faults.Add(ApiTime.Fault("since", wrong));
        var limit = DefaultLimit;
        if (parameter("limit") is { } most
            && !(int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit))
        {
            faults.Add($"limit is '{most}'; it must be a whole number from 1 to {MaxLimit}");
        }
        var cursor = CursorOf(parameter("cursor"), faults);
        var query = new DeliveryQuery(parameter("destination"), outcome, parameter("profile"));
        var period = Period.Of(since, null, new Period(now - DefaultPeriod, now), cursor, query.Fingerprint, faults);
        return (new ListRequest(query, period, cursor, limit), faults);
    }

    /// <summary>The cursor of a request; null if it has none, or a wrong one.</summary>
    internal static Cursor? CursorOf(string? text, ICollection<string> faults)
    {
        var cursor = text is null ? null : Cursor.Parse(text);
        if (text is not null && cursor is null) faults.Add("cursor is not a cursor; send the cursor of the previous response unchanged");
        return cursor;
    }
}

/// <summary>The part of a re-drive and a replay that is the same.</summary>
/// <param name="Period">The time span.</param>
/// <param name="IsDryRun">Whether nothing is written.</param>
/// <param name="Job">The name of the job; null only for a dry run.</param>
/// <param name="Cursor">Where the page begins; null for the first page.</param>
/// <param name="Limit">The most events in the page.</param>
public sealed record ResendRequest(Period Period, bool IsDryRun, string? Job, Cursor? Cursor, int Limit)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1_000;
    public const string RedriveExample = "{\"destination\":\"crm\",\"since\":\"2026-01-01T00:00:00Z\",\"dry_run\":true}";
    public const string ReplayExample = "{\"from\":\"2026-01-01T00:00:00Z\",\"to\":\"2026-01-02T00:00:00Z\",\"dry_run\":true}";

    private const int MaxJobLength = 100;

    /// <summary>Reads the body of a re-drive.</summary>
    public static (ResendRequest Request, DeadSelection Selection) ReadRedrive(JsonBody body, DateTime now)
    {
        var selection = new DeadSelection(body.RequiredText("destination", "name the destination whose dead deliveries are sent again"), body.Text("reason"));
        return (Read(body, body.RequiredTime("since"), body.Time("until"), selection.Fingerprint, now), selection);
    }

    /// <summary>Reads the body of a replay.</summary>
    public static ResendRequest ReadReplay(JsonBody body, string destinationId, DateTime now) =>
        Read(body, body.RequiredTime("from"), body.RequiredTime("to"), ReplayFingerprint(destinationId), now);

    /// <summary>Identifies a replay in a cursor.</summary>
    public static string ReplayFingerprint(string destinationId) => Fanout.History.Cursor.Fingerprint("replay", destinationId);

    private static ResendRequest Read(JsonBody body, DateTime since, DateTime? until, string query, DateTime now)
    {
        var isDryRun = body.Flag("dry_run", true);
        var job = body.Text("job", MaxJobLength);
        if (job is null && !isDryRun) body.AddFault("job is missing; name the job, so that its requests can be recognized in deliveries.requests");
        var faults = new List<string>();
        var cursor = ListRequest.CursorOf(body.Text("cursor"), faults);
        var period = Period.Of(since, until, new Period(since, now), cursor, query, faults);
        body.AddFaults(faults);
        return new ResendRequest(period, isDryRun, job, cursor, body.Number("limit", DefaultLimit, 1, MaxLimit));
    }
}

/// <summary>The event of a preview: the event itself, or where it is.</summary>
/// <param name="Event">The event; null if the request refers to a record.</param>
/// <param name="Topic">The topic of the record, with or without the prefix; null if the request has the event.</param>
/// <param name="Partition">The partition of the record.</param>
/// <param name="Offset">The offset of the record.</param>
public sealed record PreviewRequest(IdentifiedEvent? Event, string? Topic, int Partition, long Offset)
{
    public const string Example = "{\"event\":{\"type\":\"track\",\"event\":\"Order Completed\",\"userId\":\"u1\"}}"
        + " or {\"record\":{\"topic\":\"deliveries.dead\",\"partition\":0,\"offset\":12}}";

    /// <summary>Reads the body of a preview.</summary>
    /// <param name="body">The body.</param>
    /// <param name="messageId">The messageId of an event without one.</param>
    /// <param name="now">The time, in UTC.</param>
    public static PreviewRequest Read(JsonBody body, string messageId, DateTime now)
    {
        var (sample, record) = (body.Find("event"), body.Find("record"));
        if (sample is null == record is null) body.AddFault($"the body must have either event or record; send {Example}");
        var faults = new List<string>();
        var request = sample is { } json
            ? new PreviewRequest(SampleEventReader.Read(json, messageId, now, faults), null, 0, 0)
            : record is { } reference ? ReadReference(reference, faults) : new PreviewRequest(null, null, 0, 0);
        body.AddFaults(faults);
        return request;
    }

    private static PreviewRequest ReadReference(JsonElement record, ICollection<string> faults)
    {
        var isObject = record.ValueKind == JsonValueKind.Object;
        var topic = isObject && record.TryGetProperty("topic", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        var (partition, offset) = (Number(record, "partition"), Number(record, "offset"));
        if (topic is null || partition is null or > int.MaxValue || offset is null)
            faults.Add("record must have topic, partition and offset, such as {\"topic\":\"deliveries.dead\",\"partition\":0,\"offset\":12}");
        return new PreviewRequest(null, topic, (int)(partition ?? 0), offset ?? 0);
    }

    private static long? Number(JsonElement record, string name) =>
        record.ValueKind == JsonValueKind.Object && record.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0
            ? number
            : null;
}

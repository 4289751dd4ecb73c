using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;

namespace Cdp.Ingestion.Browser;

/// <summary>Collects the event of an image's URL. It always answers the image, since a mail or page would show anything else as broken.</summary>
public sealed class PixelEndpoint(IngestionOptions options, Authentication authentication, ClientAddress addresses, Collector collector, TimeProvider time)
{
    /// <summary>Says to those who look why an event was refused, by its code.</summary>
    public const string RefusedHeader = "X-Refused";

    // GIF89a of one transparent pixel.
    private static readonly byte[] Image = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    public async Task AnswerAsync(HttpContext context, string type)
    {
        var (source, outcome) = await CollectAsync(context, type);
        if ((outcome.Refused ?? outcome.Verdicts!.Rejected.Select(rejected => rejected.Rejection).FirstOrDefault()) is { } rejection)
        {
            await RefuseAsync(context, source, rejection);
            return;
        }
        IngestionMetrics.CountEvents(source!.Id, outcome.Verdicts!);
        await ShowAsync(context.Response);
    }

    public static Task RefuseAsync(HttpContext context, Source? source, Rejection rejection)
    {
        IngestionMetrics.CountRefused(source?.Id, rejection);
        context.Response.Headers[RefusedHeader] = rejection.Code;
        return ShowAsync(context.Response);
    }

    private async ValueTask<(Source? Source, Outcome Outcome)> CollectAsync(HttpContext context, string type)
    {
        var receivedAt = time.GetUtcNow().UtcDateTime;
        var query = context.Request.Query;
        var (source, refused) = authentication.OfRequest(context.Request);
        if (refused is not null) return (source, refused);
        var body = query["data"].ToString() is { Length: > 0 } data
            ? PixelEvent.FromData(data)
            : PixelEvent.FromQuery(query.Select(parameter => KeyValuePair.Create(parameter.Key, parameter.Value[^1] ?? "")));
        if (body is null) return (source, Rejection.InvalidEncoding);
        var malformed = BatchReader.Read(body, Shape.One(type), source?.Limits ?? options.Limits, out var submission);
        if (source is null) (source, refused) = authentication.OfKey(submission.WriteKey, context.Request);
        if ((refused ?? malformed) is { } rejection) return (source, rejection);
        if (source!.Type == SourceType.Webhook) return (source, Rejection.OnlyWebhooks);
        // The same URL shown again is another event, not a retry.
        var receipt = new Receipt(source.Id, receivedAt, addresses.Of(context)) { MessageId = Guid.NewGuid().ToString() };
        return (source, await collector.CollectAsync(body, submission, source, receipt, keepsBad: false));
    }

    private static async Task ShowAsync(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.ContentType = "image/gif";
        response.ContentLength = Image.Length;
        await response.Body.WriteAsync(Image);
    }
}

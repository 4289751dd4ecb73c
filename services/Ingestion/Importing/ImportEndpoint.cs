using System.Buffers;
using Cdp.Hosting;
using Cdp.Ingestion.Appending;
using Cdp.Ingestion.Importing.Ledger;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;
using Cdp.Streaming;

namespace Cdp.Ingestion.Importing;

/// <summary>Answers POST /v1/import/file: authenticate, open the file, find how far it is already, carry the rest into the log, and tell on the way.</summary>
public sealed class ImportEndpoint
{
    // Senders that read nothing until they have sent all must not make us wait: a day of these lines fits into what a connection buffers.
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(2);

    private readonly IngestionOptions _options;
    private readonly Authentication _authentication;
    private readonly EventProducer _producer;
    private readonly AvroCodec _codec;
    private readonly LiveFiles<Suppressions> _suppressions;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _time;
    private readonly ILogger<ImportEndpoint> _logger;
    private int _running;

    public ImportEndpoint(
        IngestionOptions options, Authentication authentication, EventProducer producer, AvroCodec codec, LiveFiles<Suppressions> suppressions, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ImportEndpoint> logger)
    {
        (_options, _authentication, _producer, _codec, _suppressions, _lifetime, _time, _logger) = (options, authentication, producer, codec, suppressions, lifetime, time, logger);
        SpoolFile.Sweep(options.Imports.Folder);
    }

    public async Task AnswerAsync(HttpContext context)
    {
        var (source, refused) = _authentication.OfKey(WriteKeys.FromBasic(context.Request.Headers.Authorization.ToString()), context.Request);
        ImportRequest? request = null;
        if (refused is null) (request, refused) = Judge(context.Request, source!);
        if (refused is not null)
        {
            await Answers.RefuseAsync(context, source, refused);
            return;
        }
        try
        {
            refused = Interlocked.Increment(ref _running) > _options.Imports.Concurrent ? ImportRejections.TooMany : await ImportAsync(context, source!, request!);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
        if (refused is not null) await Answers.RefuseAsync(context, source, refused);
    }

    private (ImportRequest? Request, Rejection? Refused) Judge(HttpRequest http, Source source)
    {
        if (source.Type != SourceType.Server) return (null, ImportRejections.NotAServer);
        var query = http.Query.SelectMany(parameter => parameter.Value.Select(value => KeyValuePair.Create(parameter.Key, value ?? "")));
        var (request, refused) = ImportRequest.Read(query, http.ContentType, source.ImportMappings.Keys);
        return (request, refused ?? (_producer.IsUp ? null : Rejection.Unavailable));
    }

    // Answers by itself unless it gives a reason to refuse.
    private async Task<Rejection?> ImportAsync(HttpContext context, Source source, ImportRequest request)
    {
        if (RequestBody.Open(context.Request) is not { } body) return Rejection.UnknownEncoding;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _lifetime.ApplicationStopping);
        try
        {
            await using var reader = Reader(request, body);
            if (await reader.OpenAsync(end.Token) is { } unreadable) return unreadable;
            await using var log = new ImportLog(_options, _codec, source.Id, request, Collector.TraceHeaders(), _time, _logger);
            var (start, closed) = await log.OpenAsync(end.Token);
            if (closed is not null) return closed;
            if (start!.Format != request.FormatName) return ImportRejections.OtherFormat(request.FileId, start.Format);
            if (!start.IsBeginning && !await reader.SkipAsync(start.End, end.Token)) return ImportRejections.Changed(request.FileId, start.End.Lines);

            var report = new ImportReport(start);
            var run = new ImportRun(reader, new RowJudge(reader, request, source, _codec, _options.Kafka.TopicPrefix), log, _suppressions, report, source.Id, _time);
            return await TellAsync(context, request, report, run.RunAsync(end.Token));
        }
        catch (BrokenFileException e)
        {
            return e.Reason;
        }
        catch (OperationCanceledException) when (_lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return ImportRejections.Stopping;
        }
        finally
        {
            if (body != context.Request.Body) await body.DisposeAsync();
        }
    }

    private IRowReader Reader(ImportRequest request, Stream body) => request.Format switch
    {
        ImportFormat.Ndjson => new NdjsonReader(body, _time),
        ImportFormat.Csv => new CsvReader(body, request.Separator, _time),
        _ => new ParquetReader(body, _options.Imports),
    };

    private async Task<Rejection?> TellAsync(HttpContext context, ImportRequest request, ImportReport report, Task<Rejection?> running)
    {
        var response = context.Response;
        var flushed = Task.CompletedTask;
        while (await Task.WhenAny(running, Task.Delay(TellEvery, _time)) != running)
        {
            if (flushed.IsCompleted) flushed = WriteAsync(response, report.Progress());
        }
        var brokenOff = await running;
        if (brokenOff is not null && _lifetime.ApplicationStopping.IsCancellationRequested) brokenOff = ImportRejections.Stopping;
        // As long as nothing was told there is a status to tell it with; once something is in the log there is more to tell.
        if (!response.HasStarted && report.Reached.IsBeginning) brokenOff ??= Rejection.EmptyBody;
        if (brokenOff is not null && !response.HasStarted && !report.HasAdded) return brokenOff;
        if (context.RequestAborted.IsCancellationRequested) return null;
        await flushed;
        await WriteAsync(response, report.Ledger(request.FileId, brokenOff));
        return null;
    }

    private static Task WriteAsync(HttpResponse response, byte[] line)
    {
        if (!response.HasStarted)
        {
            response.ContentType = "application/x-ndjson";
            response.Headers["X-Accel-Buffering"] = "no";
        }
        response.BodyWriter.Write(line);
        return response.BodyWriter.FlushAsync().AsTask();
    }
}

using System.Buffers;
using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Importing.Checkpoints;
using Cdp.Ingestion.Importing.Reading;
using Cdp.Ingestion.Importing.Reading.CsvFiles;
using Cdp.Ingestion.Importing.Reading.ParquetFiles;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Producing;
using Cdp.Ingestion.Receiving;
using Cdp.Ingestion.Sources;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;

namespace Cdp.Ingestion.Importing;

/// <summary>
/// Handles POST /v1/import/file: authenticates the sender, opens the file, finds out how much of it has been imported before, imports the rest, and reports
/// progress meanwhile.
/// </summary>
public sealed class ImportEndpoint
{
    // Many senders do not read the response until they have sent everything. A day of progress lines at this interval fits into the buffers of a connection, so
    // writing them does not block.
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(2);

    private readonly ImportOptions _options;
    private readonly KafkaOptions _kafka;
    private readonly Authentication _authentication;
    private readonly EventProducer _producer;
    private readonly AvroCodec _codec;
    private readonly LiveFiles<Suppressions> _suppressions;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _time;
    private readonly ILogger<ImportEndpoint> _logger;
    private int _running;

    public ImportEndpoint(
        ImportOptions options,
        KafkaOptions kafka,
        Authentication authentication,
        EventProducer producer,
        AvroCodec codec,
        LiveFiles<Suppressions> suppressions,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        ILogger<ImportEndpoint> logger)
    {
        (_options, _kafka, _authentication, _producer, _codec) = (options, kafka, authentication, producer, codec);
        (_suppressions, _lifetime, _time, _logger) = (suppressions, lifetime, time, logger);
        SpoolFile.DeleteAbandoned(options.Folder);
    }

    public async Task<Rejection?> HandleAsync(HttpContext context)
    {
        var (source, refused) = _authentication.OfKey(WriteKeys.FromBasic(context.Request.Headers.Authorization.ToString()), context.Request);
        if (refused is not null) return refused;
        if (source!.Type != SourceType.Server) return ImportRejections.NotAServer;
        var query = context.Request.Query.SelectMany(parameter => parameter.Value.Select(value => KeyValuePair.Create(parameter.Key, value ?? "")));
        (var request, refused) = ImportRequest.Read(query, context.Request.ContentType, source.ImportMappings.Keys);
        if (refused is not null) return refused;
        if (!_producer.IsUp) return Rejection.Unavailable;
        try
        {
            return Interlocked.Increment(ref _running) > _options.Concurrent ? ImportRejections.TooMany : await ImportAsync(context, source, request!);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task<Rejection?> ImportAsync(HttpContext context, Source source, ImportRequest request)
    {
        if (RequestBody.Open(context.Request) is not { } body) return Rejection.UnknownEncoding;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _lifetime.ApplicationStopping);
        try
        {
            await using var reader = Reader(request, body);
            if (await reader.OpenAsync(stop.Token) is { } unreadable) return Named(request, unreadable);
            var settings = request.Settings(request.Mapping is { } mapping ? source.ImportMappings[mapping].Fingerprint : null);
            var maxWait = TimeSpan.FromSeconds(_options.PatienceSeconds);
            await using var log = new ImportLog(_kafka, maxWait, _codec, source.Id, request.FileId, settings, Collector.TraceHeaders(), _time, _logger);
            var (start, refused) = await log.OpenAsync(stop.Token);
            if (refused is not null) return refused;
            if (!start!.IsBeginning && !await reader.SkipAsync(start.End, stop.Token))
            {
                return ImportRejections.Changed(request.FileId, start.End.Lines, hasHeader: request.Format == ImportFormat.Csv);
            }

            var report = new ImportReport(start);
            var converter = new RowConverter(reader, request, source, _codec, _kafka.TopicPrefix);
            var run = new ImportRun(reader, converter, log, _suppressions, report, source.Id, _time);
            return await ReportAsync(context, source, request, report, run.RunAsync(stop.Token));
        }
        catch (BrokenFileException e)
        {
            return Named(request, e.Reason);
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
        ImportFormat.Ndjson => new NdjsonReader(body, request.Mapping is not null, _time),
        ImportFormat.Csv => new CsvReader(body, request.Separator, request.Mapping is not null, _time),
        _ => new ParquetReader(body, _options.Parquet()),
    };

    private async Task<Rejection?> ReportAsync(HttpContext context, Source source, ImportRequest request, ImportReport report, Task<Rejection?> running)
    {
        var response = context.Response;
        var flushed = Task.CompletedTask;
        while (await Task.WhenAny(running, Task.Delay(ReportInterval, _time)) != running)
        {
            if (flushed.IsCompleted) flushed = WriteAsync(response, report.Progress());
        }
        var aborted = await running;
        if (aborted is not null && _lifetime.ApplicationStopping.IsCancellationRequested) aborted = ImportRejections.Stopping;
        // A Parquet file without rows is still a valid file; an empty text file is not.
        if (!response.HasStarted && report.Reached.IsBeginning && request.Format != ImportFormat.Parquet) aborted ??= Named(request, Rejection.EmptyBody);
        // If neither a progress line was sent nor anything imported, the request can still be refused with a status. Otherwise the summary has the error.
        if (aborted is not null && !response.HasStarted && !report.HasAdded) return aborted;
        if (context.RequestAborted.IsCancellationRequested) return null;
        await flushed;
        var failure = aborted ?? (report.NoneAccepted ? ImportRejections.NoneAccepted(request.FileId, report.Reached.Rejected) : null);
        if (failure is not null && aborted is null && !response.HasStarted)
        {
            response.StatusCode = failure.Status;
            IngestionMetrics.CountRefused(source.Id, failure);
        }
        await WriteAsync(response, report.Summary(request.FileId, failure));
        return null;
    }

    private static Rejection Named(ImportRequest request, Rejection rejection) =>
        rejection with { Message = $"{ErrorText.Quote(request.FileId)}: {rejection.Message}" };

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

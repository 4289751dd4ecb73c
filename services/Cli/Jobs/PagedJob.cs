using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Cli.Api;
using Cdp.Cli.Output;

namespace Cdp.Cli.Jobs;

/// <summary>What a job sends, page by page.</summary>
/// <param name="Path">The path of the API.</param>
/// <param name="Criteria">The members of every request that say which events are selected.</param>
/// <param name="Job">The name of the job.</param>
/// <param name="IsDryRun">Whether nothing is written.</param>
/// <param name="Cursor">Where an earlier run stopped; null to start at the beginning.</param>
/// <param name="Resume">The command that continues the job, without the cursor.</param>
public sealed record JobRequest(string Path, JsonObject Criteria, string Job, bool IsDryRun, string? Cursor, string Resume)
{
    /// <summary>The body of the request for one page.</summary>
    public string Page(string? cursor, int limit)
    {
        var body = (JsonObject)Criteria.DeepClone();
        (body["dry_run"], body["job"], body["limit"]) = (IsDryRun, Job, limit);
        if (cursor is not null) body["cursor"] = cursor;
        return body.ToJsonString();
    }
}

/// <summary>Carries out a re-drive or a replay: requests page after page at the wanted rate, until the API has no further one.</summary>
/// <param name="api">The API.</param>
/// <param name="printer">Prints the progress and the result.</param>
/// <param name="time">The clock.</param>
public sealed class PagedJob(ApiClient api, Printer printer, TimeProvider time)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(2);

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(JobRequest job, Pace pace, bool isJson, CancellationToken stopping)
    {
        var (totals, cursor, started, shown) = (JobTotals.None, job.Cursor, time.GetTimestamp(), time.GetTimestamp());
        var sample = new JsonArray();
        try
        {
            do
            {
                stopping.ThrowIfCancellationRequested();
                // Not cancelled: whether the events of an interrupted page were sent would be unknown.
                var page = await api.PostAsync(job.Path, job.Page(cursor, pace.Limit), CancellationToken.None);
                totals = totals.Add(page);
                foreach (var one in page.GetProperty("sample").EnumerateArray().Take(5 - sample.Count)) sample.Add(JsonNode.Parse(one.GetRawText()));
                cursor = page.GetProperty("cursor").GetString();
                if (cursor is not null && time.GetElapsedTime(shown) >= ProgressInterval)
                {
                    printer.Progress($"{totals}; continuing");
                    shown = time.GetTimestamp();
                }
                var wait = cursor is null ? TimeSpan.Zero : pace.Wait(job.IsDryRun ? 0 : totals.Written, time.GetElapsedTime(started));
                if (wait > TimeSpan.Zero) await Task.Delay(wait, time, stopping);
            }
            while (cursor is not null);
        }
        catch (ApiException e)
        {
            printer.Error(e.Message);
            PrintResume(job, totals, cursor);
            return ExitCodes.Failure;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            printer.Error("interrupted");
            PrintResume(job, totals, cursor);
            return ExitCodes.Failure;
        }
        if (isJson) PrintJson(job, totals, sample);
        else Print(job, totals, sample);
        return ExitCodes.Success;
    }

    private void PrintResume(JobRequest job, JobTotals totals, string? cursor)
    {
        printer.Progress($"{totals}");
        printer.Progress(cursor is null ? $"to start again: {job.Resume}" : $"to continue: {job.Resume} --cursor {cursor}");
    }

    private void PrintJson(JobRequest job, JobTotals totals, JsonArray sample)
    {
        var result = totals.ToJson();
        (result["job"], result["dry_run"], result["sample"]) = (job.Job, job.IsDryRun, sample);
        printer.Json(JsonElement.Parse(result.ToJsonString()));
    }

    private void Print(JobRequest job, JobTotals totals, JsonArray sample)
    {
        printer.Line($"{totals}");
        if (sample.Count > 0)
        {
            var rows = sample.Select(one => Fields.Of(JsonElement.Parse(one!.ToJsonString()), "message_id", "type", "event", "profile_id"));
            printer.Table(["message", "type", "event", "profile"], rows);
        }
        if (job.IsDryRun && totals.Selected > 0) printer.Line($"dry run: nothing was written. To send the events: {job.Resume} --yes");
        else if (!job.IsDryRun) printer.Line($"job {job.Job}");
    }
}

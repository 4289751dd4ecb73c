namespace Cdp.Ingestion.Tests.Cases;

/// <summary>Input as it was sent, from the folder <c>samples</c>. Each sample was once lost, duplicated or misread.</summary>
internal static class CaseSample
{
    public static string Read(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cases", "samples", name)).TrimEnd('\n');

    public static string[] ReadLines(string name) => Read(name).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

//! What After Effects calls things in its languages. Seen in logs and public integrations are the German
//! `Dauer`, `Anfang`, `Komposition ... beendet`, `After Effects Warnung:`, `aerender Fehler:`, the French
//! `fin de la composition`, and the Portuguese `iniciando composição`, `registrado um erro`, `Aviso do` and
//! `Erro do After Effects` and the sentence for a missing file; so are Windows' sentences for a lost
//! connection. The rest is a plain translation. What Adobe's start-up script says is English everywhere, and
//! is not here.

use serde::Deserialize;

/// A language of the installation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(crate) enum Locale {
    #[serde(rename = "en_US")]
    English,
    #[serde(rename = "de_DE")]
    German,
    #[serde(rename = "fr_FR")]
    French,
    #[serde(rename = "pt_BR")]
    Portuguese,
    #[serde(rename = "ja_JP")]
    Japanese,
    #[serde(rename = "ko_KR")]
    Korean,
}

/// The words of one language. `{}` is filled in.
pub(crate) struct Words {
    /// As `app.isoLanguage` says it.
    pub(crate) code: &'static str,
    pub(crate) starting: &'static str,
    pub(crate) finished: &'static str,
    pub(crate) start: &'static str,
    pub(crate) end: &'static str,
    pub(crate) duration: &'static str,
    pub(crate) rate: &'static str,
    pub(crate) composition: &'static str,
    pub(crate) seconds: &'static str,
    pub(crate) minutes: &'static str,
    pub(crate) hours: &'static str,
    pub(crate) total: &'static str,
    pub(crate) warning: &'static str,
    /// With the word before it, as an exception prints itself.
    pub(crate) error: &'static str,
    pub(crate) logged_one: &'static str,
    pub(crate) not_found: &'static str,
    /// Windows' own sentence when the other side of a socket dies.
    pub(crate) reset: &'static str,
    /// For `strftime`.
    pub(crate) clock: &'static str,
    pub(crate) decimal: char,
}

impl Locale {
    /// Its words.
    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
            Self::French => &FRENCH,
            Self::Portuguese => &PORTUGUESE,
            Self::Japanese => &JAPANESE,
            Self::Korean => &KOREAN,
        }
    }
}

const ENGLISH: Words = Words {
    code: "en_US",
    starting: "Starting composition {}",
    finished: "Finished composition {}",
    start: "Start",
    end: "End",
    duration: "Duration",
    rate: "Frame Rate",
    composition: "comp",
    seconds: "Seconds",
    minutes: "Min",
    hours: "Hr",
    total: "Total Time Elapsed",
    warning: "After Effects warning:",
    error: "Error: After Effects error:",
    logged_one: "logged one error",
    not_found: "Unable to Render: File Not Found {}",
    reset: "An existing connection was forcibly closed by the remote host.",
    clock: "%-m/%-d/%Y %-I:%M:%S %p",
    decimal: '.',
};

const GERMAN: Words = Words {
    code: "de_DE",
    starting: "Komposition {} wird gestartet",
    finished: "Komposition {} beendet",
    start: "Anfang",
    end: "Ende",
    duration: "Dauer",
    rate: "Framerate",
    composition: "Komp.",
    seconds: "Sekunden",
    minutes: "Min.",
    hours: "Std.",
    total: "Insgesamt verstrichene Zeit",
    warning: "After Effects Warnung:",
    error: "Fehler: After Effects-Fehler:",
    logged_one: "Ein Fehler wurde protokolliert",
    not_found: "Rendern nicht möglich: Datei nicht gefunden {}",
    reset: "Eine vorhandene Verbindung wurde vom Remotehost geschlossen.",
    clock: "%d.%m.%Y %H:%M:%S",
    decimal: ',',
};

const FRENCH: Words = Words {
    code: "fr_FR",
    starting: "début de la composition {}",
    finished: "fin de la composition {}",
    start: "Début",
    end: "Fin",
    duration: "Durée",
    rate: "Cadence",
    composition: "comp",
    seconds: "secondes",
    minutes: "min",
    hours: "h",
    total: "Temps total écoulé",
    warning: "Avertissement After Effects :",
    error: "Erreur: Erreur After Effects :",
    logged_one: "une erreur enregistrée",
    not_found: "Rendu impossible : fichier introuvable {}",
    reset: "Une connexion existante a dû être fermée par l’hôte distant.",
    clock: "%d/%m/%Y %H:%M:%S",
    decimal: ',',
};

const PORTUGUESE: Words = Words {
    code: "pt_BR",
    starting: "iniciando composição {}",
    finished: "composição {} concluída",
    start: "Início",
    end: "Fim",
    duration: "Duração",
    rate: "Taxa de quadros",
    composition: "comp",
    seconds: "segundos",
    minutes: "min",
    hours: "h",
    total: "Tempo total decorrido",
    warning: "Aviso do After Effects:",
    error: "Error: Erro do After Effects:",
    logged_one: "registrado um erro",
    not_found: "Não é possível renderizar: arquivo {} não localizado",
    reset: "Foi forçado o cancelamento de uma conexão existente pelo host remoto.",
    clock: "%d/%m/%Y %H:%M:%S",
    decimal: ',',
};

const JAPANESE: Words = Words {
    code: "ja_JP",
    starting: "コンポジション {} を開始しています",
    finished: "コンポジション {} が終了しました",
    start: "開始",
    end: "終了",
    duration: "デュレーション",
    rate: "フレームレート",
    composition: "コンポ",
    seconds: "秒",
    minutes: "分",
    hours: "時間",
    total: "合計経過時間",
    warning: "After Effects 警告 :",
    error: "Error: After Effects エラー :",
    logged_one: "1 個のエラーが記録されました",
    not_found: "レンダリングできません: ファイルが見つかりません {}",
    reset: "既存の接続はリモート ホストに強制的に切断されました。",
    clock: "%Y/%m/%d %H:%M:%S",
    decimal: '.',
};

const KOREAN: Words = Words {
    code: "ko_KR",
    starting: "컴포지션 {} 시작 중",
    finished: "컴포지션 {} 완료",
    start: "시작",
    end: "종료",
    duration: "지속 시간",
    rate: "프레임 속도",
    composition: "컴프",
    seconds: "초",
    minutes: "분",
    hours: "시간",
    total: "총 경과 시간",
    warning: "After Effects 경고:",
    error: "Error: After Effects 오류:",
    logged_one: "오류 1개가 기록되었습니다",
    not_found: "렌더링할 수 없음: 파일을 찾을 수 없음 {}",
    reset: "현재 연결은 원격 호스트에 의해 강제로 끊겼습니다.",
    clock: "%Y-%m-%d %H:%M:%S",
    decimal: '.',
};
